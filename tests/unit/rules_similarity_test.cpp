#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "actors/rules/similarity.hpp"
#include "actors/rules/unicode.hpp"

using namespace authnz::actors::rules;

namespace {

std::u32string repeat(std::u32string_view text, std::size_t length) {
  std::u32string out;
  while (out.size() < length) out += text;
  out.resize(length);
  return out;
}

TEST(similarity, is_full_for_equal_texts) { EXPECT_EQ(similarity(U"anna", U"anna"), 100); }

TEST(similarity, is_nothing_without_a_common_character) {
  EXPECT_EQ(similarity(U"anna", U"bob"), 0);
  EXPECT_EQ(similarity(U"", U"bob"), 0);
  EXPECT_EQ(similarity(U"anna", U""), 0);
}

TEST(similarity, counts_what_is_left_and_right_of_the_longest_block) {
  // "wikim", then "ia" split by "n": 2 x 7 of 9 + 9.
  EXPECT_NEAR(similarity(U"wikimedia", U"wikimania"), 700.0 / 9, 1e-9);
}

// The two orders differ, because the earliest block of the first text counts.
TEST(similarity, takes_the_earliest_of_several_longest_blocks) {
  EXPECT_NEAR(similarity(U"tide", U"diet"), 25, 1e-9);
  EXPECT_NEAR(similarity(U"diet", U"tide"), 50, 1e-9);
}

TEST(similarity, counts_code_points_of_every_plane) {
  EXPECT_EQ(similarity(U"\U0001F600\U0001F601", U"\U0001F600\U0001F602"), 50);
}

std::string as_hex(std::u32string_view text) {
  std::ostringstream out;
  for (const char32_t c : text) out << std::hex << static_cast<std::uint32_t>(c) << ',';
  return out.str();
}

std::u32string random_text(std::mt19937& random, std::size_t longest, std::uint32_t alphabet) {
  std::u32string text(random() % (longest + 1), U'a');
  for (char32_t& c : text) c += random() % alphabet;
  return text;
}

// difflib implements the same definition.
TEST(similarity, agrees_with_difflib) {
  std::mt19937 random(20250101);
  std::vector<std::pair<std::u32string, std::u32string>> pairs;
  for (const std::uint32_t alphabet : {1U, 2U, 3U, 5U, 26U})
    for (int i = 0; i < 120; ++i)
      pairs.emplace_back(random_text(random, 40, alphabet), random_text(random, 60, alphabet));
  for (int i = 0; i < 10; ++i) pairs.emplace_back(random_text(random, 300, 3), random_text(random, 300, 3));

  const std::string input = ::testing::TempDir() + "similarity_pairs";
  std::ofstream file(input);
  for (const auto& [a, b] : pairs) file << as_hex(a) << ' ' << as_hex(b) << '\n';
  file.close();
  const std::string script =
      "import difflib, sys\n"
      "read = lambda t: ''.join(chr(int(c, 16)) for c in t.split(',') if c)\n"
      "for line in open(sys.argv[1]):\n"
      "  a, b = (read(t) for t in line.rstrip('\\n').split(' '))\n"
      "  print(repr(100 * difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()))\n";
  const std::string command = std::string(AUTHNZ_PYTHON) + " -c \"" + script + "\" " + input;
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  for (const auto& [a, b] : pairs) {
    double expected = -1;
    ASSERT_EQ(std::fscanf(pipe, "%lf", &expected), 1);
    EXPECT_NEAR(similarity(a, b), expected, 1e-9) << as_hex(a) << " and " << as_hex(b);
  }
  EXPECT_EQ(pclose(pipe), 0);
}

// Generous, because tests share a machine: without bounds these take minutes.
TEST(similarity, is_quick_for_hostile_texts) {
  std::u32string shrinking, shrinking_twice;
  for (std::size_t k = 45; k > 0; --k) shrinking += repeat(U"a", k) + U"b";
  for (std::size_t k = 90; k > 0; --k) shrinking_twice += repeat(U"a", k / 2 + 1) + U"c";
  shrinking_twice.resize(4096, U'a');
  const auto start = std::chrono::steady_clock::now();
  similarity(repeat(U"a", 1024), repeat(U"a", 4096));
  similarity(repeat(U"ab", 1024), repeat(U"aabb", 4096));
  similarity(repeat(U"aabb", 1024), repeat(U"ab", 4096));
  similarity(repeat(U"abc", 1024), repeat(U"acb", 4096));
  similarity(shrinking.substr(0, 1024), shrinking_twice);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
