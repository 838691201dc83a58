#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "actors/rules/common_password_stems.hpp"
#include "actors/rules/password_policy.hpp"
#include "actors/rules/text_lines.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors::rules {
namespace {

using passwords = std::unordered_set<std::string>;

constexpr std::size_t shortest_walk = 6;
constexpr std::size_t longest_run = 24;
constexpr std::size_t expected_size = 280'000;

constexpr auto endings = std::to_array<std::string_view>({
    "",           "1",          "2",         "3",      "7",      "12",     "21",      "23",       "01",
    "007",        "11",         "22",        "69",     "77",     "88",     "99",      "00",       "000",
    "111",        "123",        "321",       "333",    "420",    "666",    "777",     "786",      "999",
    "1234",       "4321",       "12345",     "54321",  "123456", "654321", "1234567", "12345678", "123456789",
    "1234567890", "0123456789", "123123",    "111111", "!",      "!!",     "!!!",     "?",        ".",
    "*",          "#",          "$",         "1!",     "12!",    "123!",   "123!!",   "1234!",    "12345!",
    "123456!",    "!1",         "!123",      "!1234",  "!@#",    "!@#$",   "@1",      "@12",      "@123",
    "@1234",      "@12345",     "_1",        "_123",   "-123",   "#1",     "#123",    "abc",      "abcd",
    "abc123",     "qwerty",     "asdf",      "xxx",    "4ever",  "4life",  "forever", "123abc",   "1q2w3e",
    "1q2w3e4r",   "qwerty123",  "987654321", "a1",     "me",     "you",    "rocks",   "2go",      "4u",
    "isthebest",  "lover",
});

constexpr auto beginnings = std::to_array<std::string_view>({
    "1",       "12",    "123", "1234", "12345",  "123456", "!",      "my",  "the", "ilove", "ihate",
    "i love ", "super", "mr",  "big",  "little", "new",    "qwerty", "abc", "iam", "forza",
});

constexpr auto few_endings =
    std::to_array<std::string_view>({"", "1", "12", "123", "1234", "12345", "!", "1!", "123!"});

constexpr auto walks = std::to_array<std::string_view>({
    "qwertyuiop[]",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiop",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiop",
    "azertyuiopqsdfghjklmwxcvbn",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "yxcvbnm,.-",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7",
    "zaqxswcdevfrbgtnhymju",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1a2b3c4d5e6f7g8h9i0j",
    "a1b2c3d4e5f6g7h8i9j0",
    "1z2x3c4v5b6n7m",
    "z1x2c3v4b5n6m7",
    "a1s2d3f4g5h6j7k8l9",
    "1a2s3d4f5g6h7j8k9l",
    "1234567890qwertyuiop",
    "1234567890-=",
    "1234567890abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop1234567890",
    "qwerty1234567890",
    "asdfghjkl1234567890",
    "asdfgh1234567890",
    "zxcvbnm1234567890",
    "zxcvbn1234567890",
    "abcdefghijklmnopqrstuvwxyz1234567890",
    "abcdefghij0123456789",
    "abcdefgh123456789",
    "abcdef1234567890",
    "1q2w3e4r5t1q2w3e4r5t",
    "qwertyqwertyqwerty",
    "asdfghasdfghasdfgh",
    "zxcvbnzxcvbnzxcvbn",
    "!@#$%^&*()_+",
    "!qaz@wsx#edc$rfv%tgb",
    "!q@w#e$r%t^y&u*i",
    "qweasdzxcqweasdzxc",
    "qweasdzxc123456789",
    "147258369147258369",
    "159753159753159753",
    "789456123789456123",
    "112233445566778899",
    "aabbccddeeffgghhii",
    "31415926535897932384626",
    "27182818284590452353602",
});

struct substitution {
  char from;
  char to;
};
using substitutions = std::initializer_list<substitution>;

std::string substitute(std::string text, substitutions rules) {
  for (char& c : text)
    for (const substitution& rule : rules)
      if (c == rule.from) {
        c = rule.to;
        break;
      }
  return text;
}

std::string repeat(std::string_view text, std::size_t length) {
  std::string out;
  while (out.size() < length) out += text;
  out.resize(length);
  return out;
}

template <class Visit>
void split(std::string_view text, char separator, const Visit& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) visit(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void add_word(passwords& out, const std::string& word) {
  for (const std::string_view ending : endings) out.insert(word + std::string(ending));
  for (const std::string_view beginning : beginnings) out.insert(std::string(beginning) + word);
  for (int year = 1970; year <= 2030; ++year) out.insert(word + std::to_string(year));
  for (int year = 2018; year <= 2028; ++year) {
    out.insert(word + std::to_string(year) + "!");
    out.insert(word + "@" + std::to_string(year));
  }
  for (const std::string_view between : {"", "1", " ", "-", "_"}) out.insert(std::string(word).append(between) + word);
  out.insert(word + word + word);
  out.insert(word + word + "123");
  out.insert(std::string(word.rbegin(), word.rend()));
}

void add_respelt_word(passwords& out, const std::string& word) {
  for (const substitutions& rules : {substitutions{{'a', '@'}},
                                     {{'o', '0'}},
                                     {{'e', '3'}},
                                     {{'i', '1'}},
                                     {{'a', '@'}, {'o', '0'}},
                                     {{'a', '@'}, {'s', '$'}, {'o', '0'}},
                                     {{'a', '4'}, {'s', '5'}, {'o', '0'}},
                                     {{'a', '4'}, {'e', '3'}, {'i', '1'}, {'o', '0'}},
                                     {{'a', '@'}, {'e', '3'}, {'i', '!'}, {'o', '0'}, {'s', '$'}}}) {
    const std::string respelt = substitute(word, rules);
    if (respelt == word) continue;
    for (const std::string_view ending : few_endings) out.insert(respelt + std::string(ending));
  }
}

void add_walks(passwords& out, const std::string& walk) {
  for (std::size_t start = 0; start < walk.size(); ++start)
    for (std::size_t length = shortest_walk; start + length <= walk.size(); ++length) {
      const std::string part = walk.substr(start, length);
      out.insert(part);
      out.insert(std::string(part.rbegin(), part.rend()));
    }
}

void add_repetitions(passwords& out) {
  constexpr std::string_view characters = "abcdefghijklmnopqrstuvwxyz0123456789.,-_!?#*+$@ ";
  for (std::size_t length = shortest_walk; length <= longest_run; ++length) {
    for (const char c : characters) out.insert(std::string(length, c));
    for (const std::string_view unit :
         {"12",         "123",        "1234", "12345",  "123456", "1234567", "12345678", "123456789",
          "1234567890", "0123456789", "21",   "321",    "4321",   "54321",   "654321",   "987654321",
          "9876543210", "0987654321", "01",   "10",     "69",     "007",     "112233",   "147",
          "159",        "abc",        "abcd", "abc123", "123abc", "ab",      "xyz",      "qwe",
          "qwer",       "qwerty",     "asd",  "asdf",   "zxc",    "zxcv",    "xo",       "ha",
          "la",         "na",         "blah", "test",   "pass",   "love",    "1a",       "a1",
          "1q",         "q1",         "1qaz", "qaz",    "wsx",    "aab",     "aabb"})
      out.insert(repeat(unit, length));
  }
}

void add_dates(passwords& out) {
  split(month_names, ' ', [&out](const std::string& month) {
    for (int day = 1; day <= 31; ++day) {
      const std::string number = std::to_string(day);
      for (int year = 1975; year <= 2010; ++year) out.insert(number + month + std::to_string(year));
    }
  });
}

}  // namespace

password_list password_list::built_in() {
  passwords all;
  all.reserve(expected_size);
  split(common_words, ' ', [&all](const std::string& word) {
    add_word(all, word);
    add_respelt_word(all, word);
  });
  split(common_phrases, '\n', [&all](const std::string& phrase) {
    for (const std::string_view ending : few_endings) all.insert(phrase + std::string(ending));
  });
  for (const std::string_view walk : walks) add_walks(all, std::string(walk));
  add_repetitions(all);
  add_dates(all);
  return password_list(std::move(all));
}

tl::expected<password_list, std::string> password_list::load(const std::filesystem::path& file) {
  passwords all;
  const auto read = for_each_line(file, [&all](std::string_view line) {
    if (!trim(line).empty()) all.insert(casefold(line));
  });
  if (!read) return tl::unexpected(read.error());
  return password_list(std::move(all));
}

}  // namespace authnz::actors::rules
