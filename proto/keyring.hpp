/// The Fernet keys that frontends share with the server.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace authnz::proto {

/// One key of 32 bytes; wipes itself. Shared, so that an answer can be sealed
/// with its request's key although the ring was replaced meanwhile.
class fernet_key {
 public:
  static constexpr std::size_t size = 32;

  explicit fernet_key(std::span<const unsigned char, size> bytes) noexcept;
  ~fernet_key();
  fernet_key(const fernet_key&) = delete;
  fernet_key& operator=(const fernet_key&) = delete;

  std::span<const unsigned char, 16> signing() const noexcept { return std::span{bytes_}.first<16>(); }
  std::span<const unsigned char, 16> encryption() const noexcept { return std::span{bytes_}.last<16>(); }

 private:
  std::array<unsigned char, size> bytes_{};
};

using key_ptr = std::shared_ptr<const fernet_key>;

/// Never empty, never changes; a reload makes a new one.
class keyring {
 public:
  /// Reads keys, each URL-safe base64 with its padding, between commas or line
  /// breaks; blanks around them and empty entries are ignored. An error is a
  /// sentence that holds nothing of the text.
  static tl::expected<std::shared_ptr<const keyring>, std::string> parse(std::string_view text);

  std::span<const key_ptr> keys() const noexcept { return keys_; }

 private:
  explicit keyring(std::vector<key_ptr> keys) noexcept : keys_(std::move(keys)) {}

  std::vector<key_ptr> keys_;
};

using keyring_ptr = std::shared_ptr<const keyring>;

}  // namespace authnz::proto
