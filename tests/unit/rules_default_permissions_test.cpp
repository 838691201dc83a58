#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "actors/rules/permissions.hpp"

namespace authnz::actors::rules {
namespace {

using nlohmann::json;
using words = std::set<std::string>;

words set_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

json policy() { return json::parse(default_permissions_text()); }

const std::string all = "list view create delete edit change_visibility change_owner";
const std::string manage = "list view delete edit change_visibility change_owner";

TEST(default_permissions, declare_the_names_of_the_contract) {
  const auto p = policy();
  EXPECT_EQ(p["roles"].get<words>(), set_of("superuser staff authenticated anonymous locked"));
  EXPECT_EQ(p["items"].get<words>(), set_of("object dataset collection user session apikey preference"));
  EXPECT_EQ(p["actions"].get<words>(), set_of(all));
  EXPECT_EQ(p["visibilities"].get<words>(), set_of("public unlisted private shared"));
  EXPECT_EQ(p["limits"],
            json::parse(R"({"max": {"type": "int", "operator": "lt"}, "min": {"type": "int", "operator": "gt"}})"));
}

struct item_expectation {
  std::string item, actions, visibilities, invalid_roles;
};

TEST(default_permissions, say_what_may_be_done_to_items) {
  const auto p = policy()["item_policy"];
  EXPECT_EQ(p.size(), 7U);
  const std::string any = "public unlisted shared private";
  for (const auto& e : {item_expectation{"object", all, any, "locked"},
                        {"dataset", all, any, "locked"},
                        {"collection", all, any, "locked"},
                        {"user", "list view create edit delete", "private", "authenticated anonymous locked"},
                        {"session", "list view delete", "private", "authenticated anonymous locked"},
                        {"apikey", "list view create delete", "private", "anonymous locked"},
                        {"preference", "list view edit", "private", "anonymous locked"}}) {
    EXPECT_EQ(p.at(e.item)["valid_role_actions"].get<words>(), set_of(e.actions)) << e.item;
    EXPECT_EQ(p.at(e.item)["valid_visibilities"].get<words>(), set_of(e.visibilities)) << e.item;
    EXPECT_EQ(p.at(e.item)["invalid_roles"].get<words>(), set_of(e.invalid_roles)) << e.item;
  }
}

struct role_expectation {
  std::string role, can_own, owned, of_public, of_unlisted, of_shared, of_private;
  int requests, a_minute;
};

TEST(default_permissions, say_what_roles_may_do) {
  const auto p = policy()["role_policy"];
  EXPECT_EQ(p.size(), 5U);
  const std::string owns = "dataset object collection apikey preference";
  for (const auto& e : {role_expectation{"superuser", owns, all, all, all, all, all, 5000000, 60000},
                        {"staff", owns, all, manage, manage, "list view edit", "list", 1000000, 60000},
                        {"authenticated", "dataset apikey preference", "list view create delete edit change_visibility",
                         "list view", "view", "list view edit", "", 500000, 6000},
                        {"anonymous", "dataset", "list view create", "list view", "view", "", "", 100000, 600},
                        {"locked", "", "", "", "", "", "", 0, 0}}) {
    const auto& r = p.at(e.role);
    EXPECT_EQ(r["can_own_items"].get<words>(), set_of(e.can_own)) << e.role;
    EXPECT_EQ(r["allowed_actions_for_owned"].get<words>(), set_of(e.owned)) << e.role;
    const auto& others = r["allowed_actions_for_other"];
    EXPECT_EQ(others.size(), 4U);
    EXPECT_EQ(others["public"].get<words>(), set_of(e.of_public)) << e.role;
    EXPECT_EQ(others["unlisted"].get<words>(), set_of(e.of_unlisted)) << e.role;
    EXPECT_EQ(others["shared"].get<words>(), set_of(e.of_shared)) << e.role;
    EXPECT_EQ(others["private"].get<words>(), set_of(e.of_private)) << e.role;
    const json limits{{"max_requests", {{"type", "max"}, {"limit", e.requests}}},
                      {"max_requests_per_minute", {{"type", "max"}, {"limit", e.a_minute}}}};
    EXPECT_EQ(r["limits"], limits) << e.role;
  }
}

}  // namespace
}  // namespace authnz::actors::rules
