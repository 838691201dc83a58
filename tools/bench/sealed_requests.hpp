/// Sealed HTTP requests, each a fresh token that no other has: made ahead as
/// far as memory and the tokens' age allow, beyond that in batches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/envelope.hpp"

namespace authnz::bench {

class sealed_requests {
 public:
  /// `key` is the text of a Fernet key, `body` JSON text. The error is one
  /// line.
  static tl::expected<sealed_requests, std::string> make(std::string_view key, std::string_view request,
                                                         std::string_view body);

  /// Throws away what is left and makes about `n` requests ahead.
  void prepare(std::uint64_t n);
  /// The next request's bytes, each once. Valid for the next 1024 calls.
  std::string_view next();
  /// The JSON of an answer, or nothing when the key does not open it.
  tl::expected<std::string, std::string> open(std::string_view answer_body);

 private:
  explicit sealed_requests(const proto::keyring_ptr& keys) : keys_(keys), envelope_(keys) {}
  void fill(std::uint64_t n);

  proto::keyring_ptr keys_;
  proto::envelope envelope_;
  std::string payload_head_;  // up to the reqid
  std::uint64_t made_ = 0;
  std::string made_ahead_;
  std::string before_;  // still being sent, perhaps
  std::size_t at_ = 0;
  std::size_t stride_ = 0;
};

/// The text of a new random Fernet key.
std::string new_key();

}  // namespace authnz::bench
