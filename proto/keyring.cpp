#include "proto/keyring.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "proto/base64.hpp"

namespace authnz::proto {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

key_ptr read_key(std::string_view text) {
  std::string bytes;
  key_ptr key;
  if (decode_base64_url(text, base64_padding::required, bytes) && bytes.size() == fernet_key::size) {
    const std::span all{reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()};
    key = std::make_shared<const fernet_key>(all.first<fernet_key::size>());
  }
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

}  // namespace

fernet_key::fernet_key(std::span<const unsigned char, size> bytes) noexcept {
  std::ranges::copy(bytes, bytes_.begin());
}

fernet_key::~fernet_key() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

tl::expected<keyring_ptr, std::string> keyring::parse(std::string_view text) {
  std::vector<key_ptr> keys;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(",\n"), text.size());
    const auto entry = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (entry.empty()) continue;
    keys.push_back(read_key(entry));
    if (keys.back() == nullptr)
      return tl::unexpected("key " + std::to_string(keys.size()) +
                            " is not the URL-safe base64 of 32 bytes (44 characters)");
  }
  if (keys.empty()) return tl::unexpected(std::string{"there is no key"});
  return keyring_ptr{new keyring{std::move(keys)}};  // make_shared cannot call a private constructor
}

}  // namespace authnz::proto
