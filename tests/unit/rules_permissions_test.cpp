// What policies allow (contract, sections 9.2 and 9.3).
#include "actors/rules/permissions.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace authnz::actors::rules {
namespace {

using nlohmann::json;
using texts = std::vector<std::string>;

const std::string all = "list view create delete edit change_visibility change_owner";
const std::string manage = "list view delete edit change_visibility change_owner";

// The default policy is judged by a list of all that the contract's tables grant.
struct item_row {
  std::string item, actions, visibilities, invalid_roles;
};
const std::array<item_row, 7> item_table{{
    {"object", all, "public unlisted shared private", "locked"},
    {"dataset", all, "public unlisted shared private", "locked"},
    {"collection", all, "public unlisted shared private", "locked"},
    {"user", "list view create edit delete", "private", "authenticated anonymous locked"},
    {"session", "list view delete", "private", "authenticated anonymous locked"},
    {"apikey", "list view create delete", "private", "anonymous locked"},
    {"preference", "list view edit", "private", "anonymous locked"},
}};

struct role_row {
  std::string role, can_own, owned, of_public, of_unlisted, of_shared, of_private;
};
const std::array<role_row, 5> role_table{{
    {"superuser", "dataset object collection apikey preference", all, all, all, all, all},
    {"staff", "dataset object collection apikey preference", all, manage, manage, "list view edit", "list"},
    {"authenticated", "dataset apikey preference", "list view create delete edit change_visibility", "list view",
     "view", "list view edit", ""},
    {"anonymous", "dataset", "list view create", "list view", "view", "", ""},
    {"locked", "", "", "", "", "", ""},
}};

constexpr std::int64_t me = 7;

/// Who the caller is to the item.
struct relation {
  std::string name;
  std::int64_t owner;
  std::vector<std::int64_t> shared_with;
};
const std::array<relation, 6> relations{{{"owner", me, {}},
                                         {"owner-listed", me, {me, 2}},
                                         {"stranger", 8, {}},
                                         {"stranger-to-list", 8, {9, 10}},
                                         {"listed", 8, {9, me}},
                                         {"anyone", 8, {2}}}};

texts words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

bool has_word(const std::string& text, const std::string& word) {
  return (" " + text + " ").find(" " + word + " ") != std::string::npos;
}

bool is_shown(const std::string& role, const std::string& visibility, const std::string& relation) {
  if (has_word("superuser staff", role)) return true;
  if (visibility == "private") return has_word("owner owner-listed", relation);
  if (visibility == "shared") return has_word("owner owner-listed listed anyone", relation);
  return true;
}

std::string actions_on_other(const role_row& r, const std::string& visibility) {
  if (visibility == "public") return r.of_public;
  if (visibility == "unlisted") return r.of_unlisted;
  return visibility == "shared" ? r.of_shared : r.of_private;
}

std::string key(const std::string& role, const std::string& item, const std::string& visibility,
                const std::string& relation, const std::string& action) {
  return role + "/" + item + "/" + visibility + "/" + relation + "/" + action;
}

std::set<std::string> all_grants() {
  std::set<std::string> out;
  for (const auto& i : item_table)
    for (const auto& visibility : words(i.visibilities))
      for (const auto& r : role_table)
        for (const auto& whose : relations) {
          if (has_word(i.invalid_roles, r.role) || !is_shown(r.role, visibility, whose.name)) continue;
          const bool own = whose.owner == me;
          if (own && !has_word(r.can_own, i.item)) continue;
          for (const auto& action : words(own ? r.owned : actions_on_other(r, visibility)))
            if (has_word(i.actions, action)) out.insert(key(r.role, i.item, visibility, whose.name, action));
        }
  return out;
}

TEST(default_policy, allows_what_the_contract_s_tables_grant_and_nothing_else) {
  const auto policy = permissions::built_in();
  const auto grants = all_grants();
  std::size_t asked = 0, granted = 0;
  for (const std::string& role : words("superuser staff authenticated anonymous locked nobody"))
    for (const std::string& item : words("object dataset collection user session apikey preference gadget"))
      for (const std::string& visibility : words("public unlisted private shared hidden"))
        for (const std::string& action : words(all + " fly"))
          for (const auto& whose : relations) {
            const access_question q{me, role, action, item, whose.owner, visibility, whose.shared_with};
            const auto name = key(role, item, visibility, whose.name, action);
            const bool allowed = is_allowed(policy, q);
            EXPECT_EQ(allowed, grants.contains(name)) << name;
            EXPECT_EQ(allowed, explain_access(policy, q).granted) << name;
            ++asked;
            granted += allowed ? 1 : 0;
          }
  EXPECT_EQ(asked, 6U * 8 * 5 * 8 * 6);
  EXPECT_EQ(granted, grants.size());
}

TEST(default_policy, compares_names_as_they_are) {
  const auto policy = permissions::built_in();
  EXPECT_TRUE(is_allowed(policy, {me, "staff", "view", "dataset", me, "private"}));
  EXPECT_FALSE(is_allowed(policy, {me, "Staff", "view", "dataset", me, "private"}));
  EXPECT_FALSE(is_allowed(policy, {me, "staff", "View", "dataset", me, "private"}));
  EXPECT_FALSE(is_allowed(policy, {me, "staff", "view", "dataset ", me, "private"}));
  EXPECT_FALSE(is_allowed(policy, {me, "staff", "view", "dataset", me, std::string_view("private\0", 8)}));
  EXPECT_FALSE(is_allowed(policy, {me, "", "", "", me, ""}));
}

json model() { return json::parse(default_permissions_text()); }

permissions parsed(const json& m) {
  auto p = permissions::parse(m.dump());
  EXPECT_TRUE(p) << p.error();
  return p.value_or(permissions());
}

TEST(own_policy, grants_nothing_of_others_where_a_role_names_no_actions_for_the_visibility) {
  auto m = model();
  m["role_policy"]["authenticated"]["allowed_actions_for_other"].erase("public");
  const auto p = parsed(m);
  EXPECT_FALSE(is_allowed(p, {me, "authenticated", "view", "dataset", 8, "public"}));
  EXPECT_TRUE(is_allowed(p, {me, "authenticated", "view", "dataset", me, "public"}));
}

TEST(own_policy, grants_nothing_to_an_item_s_invalid_roles) {
  auto m = model();
  m["item_policy"]["dataset"]["invalid_roles"] = {"superuser"};
  const auto p = parsed(m);
  EXPECT_FALSE(is_allowed(p, {me, "superuser", "view", "dataset", me, "public"}));
  EXPECT_TRUE(is_allowed(p, {me, "staff", "view", "dataset", me, "public"}));
}

TEST(own_policy, shows_items_of_a_new_visibility_to_superusers_and_staff_alone) {
  auto m = model();
  m["visibilities"].push_back("hidden");
  m["item_policy"]["dataset"]["valid_visibilities"].push_back("hidden");
  for (auto& role : m["role_policy"]) role["allowed_actions_for_other"]["hidden"] = {"view"};
  const auto p = parsed(m);
  EXPECT_TRUE(is_allowed(p, {me, "superuser", "view", "dataset", 8, "hidden"}));
  EXPECT_TRUE(is_allowed(p, {me, "staff", "view", "dataset", 8, "hidden"}));
  EXPECT_FALSE(is_allowed(p, {me, "authenticated", "view", "dataset", 8, "hidden"}));
  EXPECT_FALSE(is_allowed(p, {me, "authenticated", "view", "dataset", me, "hidden"}));
}

TEST(own_policy, treats_a_new_role_as_an_ordinary_one) {
  auto m = model();
  m["roles"].push_back("root");
  m["role_policy"]["root"] = m["role_policy"]["superuser"];
  const auto p = parsed(m);
  EXPECT_TRUE(is_allowed(p, {me, "root", "delete", "dataset", 8, "public"}));
  EXPECT_FALSE(is_allowed(p, {me, "root", "delete", "dataset", 8, "private"}));
}

TEST(own_policy, cuts_what_a_role_may_with_what_an_item_allows) {
  auto m = model();
  m["item_policy"]["dataset"]["valid_role_actions"] = {"view"};
  const auto p = parsed(m);
  EXPECT_TRUE(is_allowed(p, {me, "superuser", "view", "dataset", 8, "public"}));
  EXPECT_FALSE(is_allowed(p, {me, "superuser", "edit", "dataset", 8, "public"}));
  EXPECT_FALSE(is_allowed(p, {me, "superuser", "edit", "dataset", me, "public"}));
}

texts why(const access_question& q) { return explain_access(permissions::built_in(), q).why; }

TEST(explanation, names_each_rule_that_granted) {
  const std::array<std::int64_t, 1> list{me};
  EXPECT_EQ(
      why({me, "authenticated", "edit", "dataset", 8, "shared", list}),
      (texts{"share test: passes, because the visibility is shared and the caller is in the shared-with list",
             "allowed set: $.role_policy.authenticated.allowed_actions_for_other.shared, because the caller is not "
             "the owner",
             "action: $.role_policy.authenticated.allowed_actions_for_other.shared holds \"edit\"",
             "cut: $.item_policy.dataset.valid_role_actions holds \"edit\""}));
  EXPECT_EQ(why({me, "authenticated", "edit", "dataset", me, "private"})[1],
            "allowed set: $.role_policy.authenticated.allowed_actions_for_owned, because the caller is the owner and "
            "$.role_policy.authenticated.can_own_items holds \"dataset\"");
}

TEST(explanation, names_each_rule_that_denied) {
  EXPECT_EQ(why({me, "authenticated", "view", "dataset", 8, "private"})[0],
            "share test: fails, because the visibility is private and the caller is not the owner");
  EXPECT_EQ(why({me, "staff", "view", "gadget", 8, "private"})[1],
            "allowed set: empty, because $.items does not hold \"gadget\"");
  EXPECT_EQ(why({me, "nobody", "view", "dataset", 8, "public"})[1],
            "allowed set: empty, because $.roles does not hold \"nobody\"");
  EXPECT_EQ(why({me, "locked", "view", "dataset", 8, "public"})[1],
            "allowed set: empty, because $.item_policy.dataset.invalid_roles holds \"locked\"");
  EXPECT_EQ(why({me, "staff", "view", "apikey", 8, "public"})[1],
            "allowed set: empty, because $.item_policy.apikey.valid_visibilities does not hold \"public\"");
  EXPECT_EQ(why({me, "staff", "view", "user", me, "private"})[1],
            "allowed set: empty, because the caller is the owner and $.role_policy.staff.can_own_items does not hold "
            "\"user\"");
  EXPECT_EQ(why({me, "staff", "fly", "dataset", 8, "private"}).at(2),
            "action: $.role_policy.staff.allowed_actions_for_other.private does not hold \"fly\"");
  EXPECT_EQ(why({me, "superuser", "edit", "session", 8, "private"}).at(3),
            "cut: $.item_policy.session.valid_role_actions does not hold \"edit\"");
}

permissions with_limit(const json& number, const char* type = "int", const char* comparison = "lt") {
  auto m = model();
  m["limits"]["mine"] = {{"type", type}, {"operator", comparison}};
  m["role_policy"]["staff"]["limits"]["size"] = {{"type", "mine"}, {"limit", number}};
  return parsed(m);
}

/// "passed", "over" or "invalid"; both functions must agree.
std::string judged(const permissions& p, const json& value) {
  const auto verdict = judge_limit(p, "staff", "size", value);
  EXPECT_EQ(explain_limit(p, "staff", "size", value).verdict, verdict) << value;
  switch (verdict) {
    case limit_verdict::passed: return "passed";
    case limit_verdict::over: return "over";
    case limit_verdict::value_invalid: return "invalid";
  }
  return "";
}

TEST(limits, are_strict_in_both_directions) {
  const auto below = with_limit(10), above = with_limit(10, "int", "gt");
  EXPECT_EQ(judged(below, 9), "passed");
  EXPECT_EQ(judged(below, 10), "over");
  EXPECT_EQ(judged(below, 11), "over");
  EXPECT_EQ(judged(below, -1), "passed");
  EXPECT_EQ(judged(above, 9), "over");
  EXPECT_EQ(judged(above, 10), "over");
  EXPECT_EQ(judged(above, 11), "passed");
}

TEST(limits, that_a_role_does_not_have_pass_everything) {
  const auto p = permissions::built_in();
  for (const json& value : {json(1), json("x"), json(true), json(nullptr), json::object()}) {
    EXPECT_EQ(judge_limit(p, "staff", "max_height", value), limit_verdict::passed) << value;
    EXPECT_EQ(judge_limit(p, "nobody", "max_requests", value), limit_verdict::passed) << value;
    EXPECT_EQ(explain_limit(p, "nobody", "max_requests", value).verdict, limit_verdict::passed) << value;
  }
}

TEST(limits, of_whole_numbers_cut_fractions_toward_zero) {
  EXPECT_EQ(judged(with_limit(10), 9.99), "passed");
  EXPECT_EQ(judged(with_limit(10), 10.99), "over");
  EXPECT_EQ(judged(with_limit(0), -0.99), "over") << "it is 0";
  EXPECT_EQ(judged(with_limit(0), -1.01), "passed");
  EXPECT_EQ(judged(with_limit(10, "int", "gt"), 10.99), "over") << "it is 10";
  EXPECT_EQ(judged(with_limit(10), 1e300), "over");
}

TEST(limits, of_fractions_cut_nothing) {
  EXPECT_EQ(judged(with_limit(0.5, "float"), 0.49), "passed");
  EXPECT_EQ(judged(with_limit(0.5, "float"), 0.5), "over");
  EXPECT_EQ(judged(with_limit(10, "float", "gt"), 10.01), "passed");
  EXPECT_EQ(judged(with_limit(10, "float", "gt"), 10), "over");
}

TEST(limits, may_have_a_fraction_themselves) {
  EXPECT_EQ(judged(with_limit(2.5), 2), "passed");
  EXPECT_EQ(judged(with_limit(2.5), 2.9), "passed") << "it is 2";
  EXPECT_EQ(judged(with_limit(2.5), 3), "over");
}

TEST(limits, take_texts_that_hold_a_number) {
  const auto whole = with_limit(10), fraction = with_limit(10, "float");
  for (const char* text : {"9", "-9", "+9", "009", " 9 ", "0", "-99999999999999999999999999999999"}) {
    EXPECT_EQ(judged(whole, text), "passed") << text;
    EXPECT_EQ(judged(fraction, text), "passed") << text;
  }
  for (const char* text : {"10", "9223372036854775808", "99999999999999999999999999999999"}) {
    EXPECT_EQ(judged(whole, text), "over") << text;
    EXPECT_EQ(judged(fraction, text), "over") << text;
  }
  EXPECT_EQ(judged(whole, std::string(4000, '9')), "over");
  EXPECT_EQ(judged(whole, "-" + std::string(4000, '9')), "passed");
}

TEST(limits, of_whole_numbers_take_no_text_with_a_fraction) {
  const auto whole = with_limit(10), fraction = with_limit(10, "float");
  for (const char* text : {"9.0", "9.5", "9.", ".5", "1e0", "9E-1"}) {
    EXPECT_EQ(judged(whole, text), "invalid") << text;
    EXPECT_EQ(judged(fraction, text), "passed") << text;
  }
  EXPECT_EQ(judged(fraction, "1e3"), "over");
}

TEST(limits, refuse_what_is_no_number) {
  const json list = json::array({1});
  for (const auto* type : {"int", "float"})
    for (const json& value : {json(""),         json(" "),
                              json("NaN"),      json("nan"),
                              json("inf"),      json("-inf"),
                              json("Infinity"), json("0x10"),
                              json("9,5"),      json("1_000"),
                              json("--9"),      json("+-9"),
                              json("-+9"),      json("- 9"),
                              json("9 9"),      json("9e"),
                              json("."),        json("-"),
                              json("+"),        json("e5"),
                              json("nine"),     json(std::string("9\0", 2)),
                              json("\xD9\xA9"), json("1e999"),
                              json("true"),     json(true),
                              json(false),      json(nullptr),
                              json::array(),    list,
                              json::object()})
      EXPECT_EQ(judged(with_limit(10, type), value), "invalid") << type << ' ' << value;
}

TEST(limits, compare_big_numbers_exactly) {
  const std::int64_t odd = 9007199254740993;  // beyond the whole numbers that a double holds
  for (const auto* type : {"int", "float"}) {
    EXPECT_EQ(judged(with_limit(odd, type), odd - 1), "passed");
    EXPECT_EQ(judged(with_limit(odd, type), odd), "over");
    EXPECT_EQ(judged(with_limit(odd - 1, type), odd), "over");
    EXPECT_EQ(judged(with_limit(odd - 1, type, "gt"), odd), "passed");
    EXPECT_EQ(judged(with_limit(odd, type), "9007199254740992"), "passed");
    EXPECT_EQ(judged(with_limit(odd, type), "9007199254740993"), "over");
    EXPECT_EQ(judged(with_limit(odd, type), 9007199254740992.0), "passed");
    EXPECT_EQ(judged(with_limit(UINT64_MAX, type), UINT64_MAX - 1), "passed");
    EXPECT_EQ(judged(with_limit(INT64_MAX, type, "gt"), "9223372036854775808"), "passed");
    EXPECT_EQ(judged(with_limit(INT64_MIN, type, "gt"), INT64_MIN + 1), "passed");
  }
}

TEST(limits, find_a_text_equal_to_the_number_that_it_holds) {
  for (const double number : {0.1, 0.3, 1e30, 123456.789}) {
    const auto text = json(number).dump();
    EXPECT_EQ(judged(with_limit(number, "float"), text), "over") << text;
    EXPECT_EQ(judged(with_limit(number, "float", "gt"), text), "over") << text;
  }
  const json huge = json::parse("1000000000000000000000000000000");
  EXPECT_EQ(judged(with_limit(huge), "1000000000000000000000000000000"), "over");
  EXPECT_EQ(judged(with_limit(huge, "int", "gt"), "1000000000000000000000000000000"), "over");
}

texts limit_why(const json& value) {
  return explain_limit(permissions::built_in(), "staff", "max_requests", value).why;
}

TEST(limits, are_explained) {
  EXPECT_EQ(limit_why(5), (texts{"limit: 1000000 of type \"max\" (int, lt) in $.role_policy.staff.limits.max_requests",
                                 "value: 5 is less than 1000000"}));
  EXPECT_EQ(limit_why(1e6)[1], "value: 1000000 is not less than 1000000");
  EXPECT_EQ(limit_why("1.5")[1], "value: is no whole number");
  EXPECT_EQ(explain_limit(permissions::built_in(), "staff", "x y", 1).why,
            texts{"limit: none, because $.role_policy.staff.limits does not hold \"x y\""});
  EXPECT_EQ(explain_limit(permissions::built_in(), "nobody", "x", 1).why,
            texts{"limit: none, because $.roles does not hold \"nobody\""});
}

}  // namespace
}  // namespace authnz::actors::rules
