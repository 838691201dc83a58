#include "net/breach_range.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace authnz::net {
namespace {

constexpr std::size_t prefix_digits = 5;
constexpr std::size_t suffix_digits = 35;

char upper(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }

std::optional<std::uint64_t> read_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max() : count;
}

bool is_line(std::string_view line) {
  return line.size() > suffix_digits && line[suffix_digits] == ':' &&
         std::all_of(line.begin(), line.begin() + suffix_digits, is_hex_digit);
}

bool has_suffix(std::string_view line, std::string_view suffix) {
  return std::equal(suffix.begin(), suffix.end(), line.begin(), line.begin() + suffix_digits,
                    [](char a, char b) { return upper(a) == upper(b); });
}

}  // namespace

std::optional<range_key> key_of(const proto::secret& password) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const std::string_view text = password.reveal();
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return std::nullopt;
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 0xFU];
  }
  return range_key{hex.substr(0, prefix_digits), hex.substr(prefix_digits)};
}

std::optional<std::uint64_t> count_in_range(std::string_view text, std::string_view suffix) {
  std::uint64_t found = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (!is_line(line)) return std::nullopt;
    const auto count = read_count(line.substr(suffix_digits + 1));
    if (!count) return std::nullopt;
    if (has_suffix(line, suffix)) found = std::max(found, *count);
  }
  return found;
}

}  // namespace authnz::net
