#include "proto/secret.hpp"

#include <openssl/crypto.h>

#include <ostream>

namespace authnz::proto {

secret::secret(std::string text) : bytes_(text.begin(), text.end()) { OPENSSL_cleanse(text.data(), text.size()); }

secret& secret::operator=(secret other) noexcept {
  bytes_.swap(other.bytes_);
  return *this;
}

secret::~secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

bool operator==(const secret& a, const secret& b) noexcept {
  return a.bytes_.size() == b.bytes_.size() && CRYPTO_memcmp(a.bytes_.data(), b.bytes_.data(), a.bytes_.size()) == 0;
}

std::ostream& operator<<(std::ostream& out, const secret& /*hidden*/) { return out << "***"; }

}  // namespace authnz::proto
