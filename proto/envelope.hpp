/// Opens requests and seals answers: Fernet tokens (the Fernet specification,
/// version 0x80) within another base64 (contract, section 1).
#pragma once

#include <openssl/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "proto/keyring.hpp"

namespace authnz::proto {

/// Why an envelope stays shut; all of them are one to the peer (401).
enum class open_fault : std::uint8_t {
  bad_base64,    ///< one of the two layers cannot be decoded
  malformed,     ///< too short, another version, or not of whole blocks
  wrong_key,     ///< no key's HMAC is right
  bad_padding,   ///< the HMAC is right, the padding of the decrypted text is not
  crypto_error,  ///< OpenSSL failed
};

struct opened {
  std::string_view payload;  ///< valid until the envelope is opened again
  key_ptr key;
  std::int64_t stamp = 0;  ///< seconds since 1970
  /// Over all that came before it in the decoded token, so it identifies the
  /// token whatever its spelling.
  std::array<unsigned char, 32> mac{};
};

/// Whether a token's age lets it pass: not older than `max_age` seconds, not
/// stamped more than 60 s in the future. `max_age` 0 lets every token pass.
bool is_fresh(std::int64_t stamp, std::int64_t now, std::int64_t max_age) noexcept;

/// Not thread-safe: one a thread. Its OpenSSL contexts are set up once a key.
class envelope {
 public:
  /// Throws std::runtime_error if OpenSSL lacks AES-128-CBC or HMAC-SHA-256.
  explicit envelope(const keyring_ptr& keys);
  ~envelope();
  envelope(envelope&&) noexcept;
  envelope& operator=(envelope&&) noexcept;

  /// Replaces the keys. Keeps the old ones if it throws, as above.
  void use(const keyring_ptr& keys);

  /// Tries the ring's keys in order. Does not judge the token's age.
  tl::expected<opened, open_fault> open(std::string_view body);

  /// `out` becomes the sealed text. `now`: seconds since 1970. The key may be
  /// one that the ring does not have any more. False: OpenSSL failed, or the
  /// text is larger than 1 GiB.
  bool seal(std::string_view text, const key_ptr& key, std::int64_t now, std::string& out);

 private:
  struct algorithms;
  class machine;
  class iv_pool;

  bool write_token(machine& m, std::string_view text, std::int64_t now);

  std::unique_ptr<const algorithms> algorithms_;
  std::vector<machine> machines_;
  std::unique_ptr<iv_pool> ivs_;
  std::string outer_;
  std::string token_;
  std::string payload_;
};

}  // namespace authnz::proto
