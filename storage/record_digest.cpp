#include "storage/record_digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "storage/codec.hpp"

namespace authnz::storage {

struct record_digest::state {
  struct closer {
    void operator()(EVP_MD_CTX* c) const noexcept { EVP_MD_CTX_free(c); }
  };
  std::unique_ptr<EVP_MD_CTX, closer> context{EVP_MD_CTX_new()};
  std::string sizes;
};

record_digest::record_digest() : state_(std::make_unique<state>()) {
  if (!state_->context || EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}
record_digest::~record_digest() = default;
record_digest::record_digest(record_digest&&) noexcept = default;
record_digest& record_digest::operator=(record_digest&&) noexcept = default;

void record_digest::add(std::string_view key, std::uint64_t revision, std::string_view value) {
  auto& sizes = state_->sizes;
  sizes.clear();
  append_u64(sizes, revision);
  append_u64(sizes, key.size());
  append_u64(sizes, value.size());
  for (const std::string_view part : {std::string_view(sizes), key, value})
    EVP_DigestUpdate(state_->context.get(), part.data(), part.size());
  ++records_;
}

std::string record_digest::finish() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), bytes.data(), &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text.append({digits[bytes[i] >> 4], digits[bytes[i] & 15U]});
  return text;
}

}  // namespace authnz::storage
