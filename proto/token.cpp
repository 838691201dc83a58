#include "proto/token.hpp"

#include <sodium.h>

#include "proto/base64.hpp"

namespace authnz::proto {

namespace {

constexpr std::size_t prefix_size = 8;
constexpr std::size_t least_size = prefix_size + 32;
constexpr std::size_t greatest_size = 128;

void append(std::string& out, std::span<const unsigned char> bytes) { out.append(bytes.begin(), bytes.end()); }

}  // namespace

void random_bytes(std::span<unsigned char> out) {
  // The generator's first use is not safe in several threads at once.
  static const int ready = sodium_init();
  if (ready >= 0) return randombytes_buf(out.data(), out.size());
  sodium_misuse();
}

std::array<unsigned char, 32> sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return digest;
}

std::string uuid4(std::span<const unsigned char, 16> random) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < random.size(); ++i) {
    unsigned byte = random[i];
    if (i == 6) byte = (byte & 0x0FU) | 0x40U;
    if (i == 8) byte = (byte & 0x3FU) | 0x80U;
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

std::string make_token(std::uint64_t created_ns, std::span<const unsigned char, 32> random) {
  std::string bytes;
  bytes.reserve(least_size);
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(created_ns >> shift & 0xFFU));
  append(bytes, random);
  return base64_url(bytes, base64_padding::none);
}

std::optional<std::string> token_key(std::string_view token) {
  if (token.size() > 4 * greatest_size / 3 + 1) return {};
  std::string bytes;
  if (!decode_base64_url(token, base64_padding::none, bytes)) return {};
  if (bytes.size() < least_size || bytes.size() > greatest_size) return {};
  const auto digest = sha256(bytes);
  bytes.resize(prefix_size);
  append(bytes, digest);
  return bytes;
}

}  // namespace authnz::proto
