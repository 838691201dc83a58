#include "proto/pii_digest.hpp"

#include <sodium.h>

#include <array>
#include <span>

#include "proto/token.hpp"

namespace authnz::proto {

namespace {

constexpr std::size_t digest_size = 12;
constexpr std::size_t greatest_key = crypto_generichash_blake2b_KEYBYTES_MAX;
using personalisation = std::array<unsigned char, crypto_generichash_blake2b_PERSONALBYTES>;
constexpr personalisation personal{'a', 'u', 't', 'h', 'n', 'z', 'r', 'v', '-', 'p', 'i', 'i'};

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

pii_digest pii_digest::keyed(std::string_view salt) {
  if (salt.size() <= greatest_key) return {secret{std::string{salt}}, false};
  std::string key(greatest_key, '\0');
  crypto_generichash_blake2b(reinterpret_cast<unsigned char*>(key.data()), key.size(), bytes_of(salt), salt.size(),
                             nullptr, 0);
  return {secret{std::move(key)}, false};
}

pii_digest pii_digest::clear() {
  std::string key(greatest_key, '\0');
  random_bytes(std::span{reinterpret_cast<unsigned char*>(key.data()), key.size()});
  return {secret{std::move(key)}, true};
}

std::string pii_digest::of(std::string_view item) const { return items_in_clear_ ? std::string{item} : of_token(item); }

std::string pii_digest::of_token(std::string_view token) const {
  const auto key = key_.reveal();
  // In parts: the call that does all at once refuses digests this short.
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init_salt_personal(&state, bytes_of(key), key.size(), digest_size, nullptr,
                                                personal.data());
  crypto_generichash_blake2b_update(&state, bytes_of(token), token.size());
  std::array<unsigned char, digest_size> digest{};
  crypto_generichash_blake2b_final(&state, digest.data(), digest.size());
  std::string hex(2 * digest_size + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  hex.pop_back();
  return hex;
}

}  // namespace authnz::proto
