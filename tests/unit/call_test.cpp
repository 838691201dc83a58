#include "proto/call.hpp"

#include <gtest/gtest.h>

namespace authnz::proto {
namespace {

constexpr auto every_type = std::to_array<param>({
    {"text", t_str, need::optional},
    {"whole", t_int, need::optional},
    {"number", t_float, need::optional},
    {"object", t_dict, need::optional},
    {"list", t_list, need::optional},
    {"flag", t_bool, need::optional},
    {"anything", t_any, need::optional},
    {"either", t_int | t_str, need::optional},
    {"renamed", t_int, need::optional, secrecy::open, "old_name"},
    {.name = "ranged", .types = t_int | t_null, .needed = need::optional, .min = 1, .max = 10},
    {.name = "short", .types = t_str, .needed = need::optional, .max_chars = 3},
    {.name = "agent", .types = t_str, .needed = need::optional, .size = size_rule::long_text},
    {.name = "password", .types = t_str, .needed = need::optional, .size = size_rule::password},
});
constexpr auto needs = std::to_array<param>({
    {"must", t_str},
    {"may_be_null", t_int | t_null, need::required_nullable},
    {"must_be_any", t_any},
    {"moved", t_int, need::required, secrecy::open, "moved_from"},
});

constexpr request_row row_of(std::span<const param> params) {
  return {request::count_, "test", "", target::user, effect::read, {}, hashing::no, trust::none, params, "", ""};
}
constexpr request_row lenient = row_of(every_type);
constexpr request_row strict = row_of(needs);

json problems_of(const request_row& row, json body, const item_limits& limits = {}) {
  call c;
  const std::string text = c.bind(row, std::move(body), limits);
  return text.empty() ? json::array() : json::parse(text);
}

// The problem of the one item that is wrong, "" if nothing is.
std::string problem(std::string_view item, const json& value, const item_limits& limits = {}) {
  const json problems = problems_of(lenient, {{std::string(item), value}}, limits);
  return problems.empty() ? "" : problems[0]["problem"];
}

json nested(unsigned levels) {
  json value = json::array();
  for (unsigned i = 1; i < levels; ++i) value = json::array({value});
  return value;
}

struct judgement {
  const char* item;
  const char* value;
  const char* problem;
};

constexpr auto wrong = "incorrect type";

TEST(call, is_strict_about_types) {
  constexpr judgement judgements[] = {
      {"text", R"("")", ""},
      {"text", "1", wrong},
      {"text", "[]", wrong},
      {"whole", "0", ""},
      {"whole", "-9223372036854775808", ""},
      {"whole", "9223372036854775807", ""},
      {"whole", "9223372036854775808", wrong},
      {"whole", "-9223372036854775809", wrong},
      {"whole", "99999999999999999999999", wrong},
      {"whole", "1.0", wrong},
      {"whole", "true", wrong},
      {"whole", R"("1")", wrong},
      {"number", "1", ""},
      {"number", "1.5", ""},
      {"number", "-1e300", ""},
      {"number", "18446744073709551615", ""},
      {"number", "false", wrong},
      {"number", R"("1.5")", wrong},
      {"object", "{}", ""},
      {"object", "[]", wrong},
      {"list", "[]", ""},
      {"list", "{}", wrong},
      {"flag", "false", ""},
      {"flag", "0", wrong},
      {"flag", R"("")", wrong},
      {"anything", "0", ""},
      {"anything", "{}", ""},
      {"anything", "[]", ""},
      {"anything", "false", ""},
      {"anything", "9223372036854775808", ""},
      {"either", "1", ""},
      {"either", R"("1")", ""},
      {"either", "1.5", wrong},
      {"either", "true", wrong},
      {"ranged", "1", ""},
      {"ranged", "10", ""},
      {"ranged", "0", "invalid value"},
      {"ranged", "11", "invalid value"},
      {"ranged", "2.0", wrong},
  };
  for (const auto& [item, value, expected] : judgements)
    EXPECT_EQ(problem(item, json::parse(value)), expected) << item << " = " << value;
}

TEST(call, takes_null_for_an_absent_optional_item) {
  for (const auto& p : every_type) EXPECT_EQ(problem(p.name, nullptr), "") << p.name;
}

TEST(call, lists_every_problem) {
  EXPECT_EQ(problems_of(strict, {{"must", 1}, {"must_be_any", nullptr}, {"moved", 1.5}}), json::parse(R"([
    {"param": "must", "problem": "incorrect type", "required_type": "str", "required_param": true},
    {"param": "may_be_null", "problem": "missing", "required_type": ["int", "None"], "required_param": true},
    {"param": "must_be_any", "problem": "incorrect type", "required_type": "Any", "required_param": true},
    {"param": "moved", "problem": "incorrect type", "required_type": "int", "required_param": true}])"));
}

TEST(call, tells_optional_items_from_required_ones) {
  EXPECT_EQ(problems_of(lenient, {{"either", true}}), json::parse(R"([
    {"param": "either", "problem": "incorrect type", "required_type": ["str", "int"], "required_param": false}])"));
}

TEST(call, refuses_null_where_it_is_not_allowed) {
  const json good = {{"must", ""}, {"may_be_null", nullptr}, {"must_be_any", false}, {"moved", 1}};
  EXPECT_EQ(problems_of(strict, good), json::array());
  for (const auto* item : {"must", "must_be_any", "moved"}) {
    json bad = good;
    bad[item] = nullptr;
    EXPECT_EQ(problems_of(strict, bad)[0]["problem"], wrong) << item;
  }
}

TEST(call, ignores_unknown_items) { EXPECT_EQ(problems_of(lenient, {{"no such item", nested(60)}}), json::array()); }

TEST(call, limits_text_in_bytes) {
  const item_limits limits{.text = 4, .extra_info = 8};
  EXPECT_EQ(problem("text", "1234", limits), "");
  EXPECT_EQ(problem("text", "12345", limits), "too long");
  EXPECT_EQ(problem("text", "\u00e4\u00e4", limits), "");
  EXPECT_EQ(problem("text", "\u00e4\u00e4\u00e4", limits), "too long");
}

TEST(call, limits_some_text_less) {
  const item_limits limits{.text = 4, .extra_info = 8};
  EXPECT_EQ(problem("agent", "12345678", limits), "");
  EXPECT_EQ(problem("agent", "123456789", limits), "too long");
  EXPECT_EQ(problem("password", std::string(5000, 'x'), limits), "");
}

TEST(call, limits_characters_where_the_row_says_so) {
  EXPECT_EQ(problem("short", "\u00e4\u20ac\U0001F600"), "");
  EXPECT_EQ(problem("short", "1234"), "too long");
}

TEST(call, counts_what_follows_a_nul) {
  EXPECT_EQ(problem("short", std::string("\0\0\0\0", 4)), "too long");
  EXPECT_EQ(problem("short", std::string("\0\0\0", 3)), "");
}

TEST(call, limits_objects_and_lists_as_compact_json) {
  const item_limits limits{.text = 4, .extra_info = 10};
  EXPECT_EQ(problem("object", {{"a", "123"}}, limits), "too large");
  EXPECT_EQ(problem("object", {{"a", "12"}}, limits), "");
  EXPECT_EQ(problem("list", {1, 2, 3, 45}, limits), "");
  EXPECT_EQ(problem("list", {1, 2, 3, 4, 5}, limits), "too large");
  EXPECT_EQ(problem("anything", {1, 2, 3, 4, 5}, limits), "too large");
}

TEST(call, limits_depth_to_32) {
  EXPECT_EQ(problem("list", nested(32)), "");
  EXPECT_EQ(problem("list", nested(33)), "too deep");
  EXPECT_EQ(problem("object", {{"a", nested(31)}}), "");
  EXPECT_EQ(problem("object", {{"a", nested(32)}}), "too deep");
}

TEST(call, takes_an_item_by_its_other_name) {
  call c;
  ASSERT_EQ(c.bind(lenient, {{"old_name", 5}}, {}), "");
  EXPECT_EQ(c.integer("renamed"), 5);
  EXPECT_TRUE(c.used_other_name("renamed"));
  EXPECT_FALSE(c.used_other_name("whole"));
}

TEST(call, prefers_the_first_of_two_names) {
  call c;
  ASSERT_EQ(c.bind(lenient, {{"old_name", "not even an int"}, {"renamed", 7}}, {}), "");
  EXPECT_EQ(c.integer("renamed"), 7);
  EXPECT_FALSE(c.used_other_name("renamed"));
}

TEST(call, names_the_first_of_two_names_in_problems) {
  EXPECT_EQ(problems_of(lenient, {{"old_name", "five"}})[0]["param"], "renamed");
}

TEST(call, gives_its_items_by_name) {
  call c;
  const std::string with_nul{"a\0b", 3};
  ASSERT_EQ(c.bind(lenient, {{"text", with_nul}, {"whole", -1}, {"number", 2}, {"flag", true}}, {}), "");
  EXPECT_EQ(c.text("text"), with_nul);
  EXPECT_EQ(c.integer("whole"), -1);
  EXPECT_EQ(c.maybe_number("number"), 2.0);
  EXPECT_TRUE(c.boolean("flag"));
}

TEST(call, gives_nothing_for_absent_items) {
  call c;
  ASSERT_EQ(c.bind(lenient, {{"ranged", nullptr}}, {}), "");
  EXPECT_FALSE(c.has("ranged"));
  EXPECT_EQ(c.text_or_empty("text"), "");
  EXPECT_FALSE(c.maybe_integer("ranged"));
  EXPECT_FALSE(c.maybe_number("number"));
  EXPECT_EQ(c.find("no such item"), nullptr);
}

TEST(call, forgets_what_it_was_bound_to_before) {
  call c;
  ASSERT_EQ(c.bind(lenient, {{"old_name", 5}, {"whole", 1}}, {}), "");
  ASSERT_EQ(c.bind(lenient, {{"text", "x"}}, {}), "");
  EXPECT_FALSE(c.has("whole"));
  EXPECT_FALSE(c.used_other_name("renamed"));
}

}  // namespace
}  // namespace authnz::proto
