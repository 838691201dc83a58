#include "proto/base64.hpp"

#include <endian.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace authnz::proto {

namespace {

using std::size_t;
using std::uint32_t;
using std::uint64_t;
using std::uint8_t;

constexpr std::string_view standard_symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Beyond the 24 bits of four characters.
constexpr uint32_t no_symbol = 1U << 31;

struct coder {
  // Two characters for each 12 bits.
  std::array<std::array<char, 2>, 4096> pairs{};
  // What a character contributes to its group, by its place in it.
  std::array<std::array<uint32_t, 256>, 4> values{};

  constexpr explicit coder(std::string_view symbols) {
    for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = {symbols[i >> 6], symbols[i & 63]};
    for (size_t place = 0; place < 4; ++place) {
      values[place].fill(no_symbol);
      for (size_t i = 0; i < 64; ++i)
        values[place][static_cast<uint8_t>(symbols[i])] = static_cast<uint32_t>(i) << (18 - 6 * place);
    }
  }

  uint32_t value(size_t place, char c) const { return values[place][static_cast<uint8_t>(c)]; }
  uint32_t group(const char* c) const { return value(0, c[0]) | value(1, c[1]) | value(2, c[2]) | value(3, c[3]); }
};

constexpr coder standard{standard_symbols};
constexpr coder url{url_symbols};

// Three bytes and a fourth to be overwritten, which is one store.
char* put_group(char* to, uint32_t group) {
  to[0] = static_cast<char>(group >> 16);
  to[1] = static_cast<char>(group >> 8);
  to[2] = static_cast<char>(group);
  to[3] = 0;
  return to + 3;
}

uint64_t load_big_endian(const char* from) {
  uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return be64toh(word);
}

char* put_pair(char* to, const std::array<char, 2>& pair) {
  to[0] = pair[0];
  to[1] = pair[1];
  return to + 2;
}

struct decoded {
  bool known;      ///< all characters are of the alphabet
  bool canonical;  ///< the bits beyond the last byte are zero
};

// `text` has no padding, and not one character more than whole groups.
decoded decode(const coder& c, std::string_view text, std::string& out) {
  const size_t tail = text.size() % 4;
  const size_t size = text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1);
  out.resize(size + 1);
  char* to = out.data();
  const char* from = text.data();
  uint32_t seen = 0;
  for (const char* end = from + text.size() / 4 * 4; from != end; from += 4) {
    const uint32_t group = c.group(from);
    seen |= group;
    to = put_group(to, group);
  }
  out.resize(size);
  if (tail == 0) return {(seen & no_symbol) == 0, true};
  const uint32_t group = c.value(0, from[0]) | c.value(1, from[1]) | (tail == 3 ? c.value(2, from[2]) : 0U);
  to[0] = static_cast<char>(group >> 16);
  if (tail == 3) to[1] = static_cast<char>(group >> 8);
  return {((seen | group) & no_symbol) == 0, (group & (tail == 3 ? 0xFFU : 0xFFFFU)) == 0};
}

constexpr size_t pads_after(size_t characters) { return (4 - characters % 4) % 4; }

bool is_skipped(char c) { return c != '=' && standard.value(0, c) == no_symbol; }

// Keeps the alphabet's characters up to the padding, and checks that.
bool strip(std::string_view text, std::string& kept) {
  kept.clear();
  size_t pads = 0;
  for (const char c : text) {
    if (c == '=') {
      ++pads;
    } else if (!is_skipped(c)) {
      if (pads != 0) return false;
      kept.push_back(c);
    }
  }
  return kept.size() % 4 != 1 && pads == pads_after(kept.size());
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes, base64_alphabet alphabet, base64_padding padding) {
  const coder& c = alphabet == base64_alphabet::standard ? standard : url;
  const size_t before = out.size();
  out.resize(before + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + before;
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
  size_t at = 0;
  // Six bytes of each eight that are loaded at once.
  for (; at + 8 <= bytes.size(); at += 6) {
    const uint64_t word = load_big_endian(bytes.data() + at);
    to = put_pair(put_pair(to, c.pairs[word >> 52]), c.pairs[word >> 40 & 0xFFF]);
    to = put_pair(put_pair(to, c.pairs[word >> 28 & 0xFFF]), c.pairs[word >> 16 & 0xFFF]);
  }
  for (; at + 3 <= bytes.size(); at += 3) {
    const uint32_t group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    to = put_pair(put_pair(to, c.pairs[group >> 12]), c.pairs[group & 0xFFF]);
  }
  const size_t left = bytes.size() - at;
  if (left == 0) return;
  const uint32_t group = byte(at) << 16 | (left == 2 ? byte(at + 1) << 8 : 0U);
  put_pair(put_pair(to, c.pairs[group >> 12]), c.pairs[group & 0xFFF]);
  const size_t pads = 3 - left;
  if (padding == base64_padding::none)
    out.resize(out.size() - pads);
  else
    out.replace(out.size() - pads, pads, pads, '=');
}

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes, base64_alphabet::standard, base64_padding::required);
  return out;
}

std::string base64_url(std::string_view bytes, base64_padding padding) {
  std::string out;
  append_base64(out, bytes, base64_alphabet::url_safe, padding);
  return out;
}

bool decode_base64_url(std::string_view text, base64_padding padding, std::string& out) {
  if (padding == base64_padding::required) {
    if (text.size() % 4 != 0) return false;
    for (int pads = 0; pads < 2 && text.ends_with('='); ++pads) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return false;
  const auto result = decode(url, text, out);
  return result.known && result.canonical;
}

bool decode_base64_skipping(std::string_view text, std::string& out) {
  while (!text.empty() && is_skipped(text.back())) text.remove_suffix(1);
  // Nearly always there is nothing more to skip.
  if (text.size() % 4 == 0) {
    const size_t pads = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    if (decode(standard, text.substr(0, text.size() - pads), out).known) return true;
  }
  std::string kept;
  return strip(text, kept) && decode(standard, kept, out).known;
}

}  // namespace authnz::proto
