/// Argon2 password hashes as PHC strings (RFC 9106; contract, section 7.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace authnz::actors {

/// What a hash costs. Ranges of the configuration: `memory_kib` 8 x lanes to
/// 1048576, `passes` 1-64, `lanes` 1-64.
struct argon2_params {
  std::uint32_t memory_kib = 65536;
  std::uint32_t passes = 3;
  std::uint32_t lanes = 1;

  bool operator==(const argon2_params&) const = default;
};

/// Reads the item `argon2`: `m=65536,t=3,p=1`, in any order; what is missing
/// keeps its default. The error is a reason, without the item's name.
tl::expected<argon2_params, std::string> parse_argon2(std::string_view text);

/// Computes in the calling thread, with one core whatever the lanes. One a
/// thread: it keeps a buffer between computations. Nothing here throws but
/// `std::bad_alloc`.
class password_hasher {
 public:
  static constexpr std::size_t salt_bytes = 16;
  static constexpr std::size_t tag_bytes = 32;

  /// A computation that needs more than `kept_kib` gives its memory back.
  explicit password_hasher(std::uint32_t kept_kib = 65536);
  ~password_hasher();
  password_hasher(const password_hasher&) = delete;
  password_hasher& operator=(const password_hasher&) = delete;

  /// Argon2id, version 19, a tag of 32 bytes. Throws `std::bad_alloc` when
  /// there is no memory for it.
  std::string make(std::string_view password, std::span<const unsigned char, salt_bytes> salt,
                   const argon2_params& params);

  /// Any Argon2id or Argon2i hash of versions 16 and 19 with m <= 1 GiB,
  /// t <= 64, p <= 64, a salt of 8-48 and a tag of 12-64 bytes; anything else
  /// is false. Compares in constant time.
  bool verify(std::string_view password, std::string_view phc);

  /// Costs what a verification of a hash with `params` costs.
  void dummy(std::string_view password, const argon2_params& params);

 private:
  struct buffer;
  std::unique_ptr<buffer> buffer_;
};

/// Whether `verify` computes anything for this text before it answers.
bool is_verifiable(std::string_view phc);

/// Whether a hash was made otherwise than `make` would make it today.
bool needs_rehash(std::string_view phc, const argon2_params& params);

}  // namespace authnz::actors
