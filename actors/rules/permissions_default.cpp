// The policy that is built in (contract, section 9.4).
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "actors/rules/permissions.hpp"

namespace authnz::actors::rules {
namespace {

using nlohmann::ordered_json;

// Words separated by blanks are lists.
constexpr std::string_view roles = "superuser staff authenticated anonymous locked";
constexpr std::string_view items = "object dataset collection user session apikey preference";
constexpr std::string_view visibilities = "public unlisted private shared";
constexpr std::string_view all = "list view create delete edit change_visibility change_owner";
constexpr std::string_view manage = "list view delete edit change_visibility change_owner";

struct item_policy {
  std::string_view item, actions, visibilities, invalid_roles;
};
constexpr auto item_policies = std::to_array<item_policy>({
    {"object", all, "public unlisted shared private", "locked"},
    {"dataset", all, "public unlisted shared private", "locked"},
    {"collection", all, "public unlisted shared private", "locked"},
    {"user", "list view create edit delete", "private", "authenticated anonymous locked"},
    {"session", "list view delete", "private", "authenticated anonymous locked"},
    {"apikey", "list view create delete", "private", "anonymous locked"},
    {"preference", "list view edit", "private", "anonymous locked"},
});

struct role_policy {
  std::string_view role, can_own, owned;
  std::string_view public_items, unlisted_items, shared_items, private_items;  // of others
  std::int64_t max_requests, max_requests_per_minute;
};
constexpr auto role_policies = std::to_array<role_policy>({
    {"superuser", "dataset object collection apikey preference", all, all, all, all, all, 5'000'000, 60'000},
    {"staff", "dataset object collection apikey preference", all, manage, manage, "list view edit", "list", 1'000'000,
     60'000},
    {"authenticated", "dataset apikey preference", "list view create delete edit change_visibility", "list view",
     "view", "list view edit", "", 500'000, 6'000},
    {"anonymous", "dataset", "list view create", "list view", "view", "", "", 100'000, 600},
    {"locked", "", "", "", "", "", "", 0, 0},
});

ordered_json list(std::string_view words) {
  auto out = ordered_json::array();
  while (!words.empty()) {
    const auto end = words.find(' ');
    out.push_back(words.substr(0, end));
    words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
  }
  return out;
}

ordered_json max_limit(std::int64_t limit) { return {{"type", "max"}, {"limit", limit}}; }

ordered_json of_role(const role_policy& p) {
  return {{"limits",
           {{"max_requests", max_limit(p.max_requests)},
            {"max_requests_per_minute", max_limit(p.max_requests_per_minute)}}},
          {"can_own_items", list(p.can_own)},
          {"allowed_actions_for_owned", list(p.owned)},
          {"allowed_actions_for_other",
           {{"public", list(p.public_items)},
            {"unlisted", list(p.unlisted_items)},
            {"shared", list(p.shared_items)},
            {"private", list(p.private_items)}}}};
}

ordered_json of_item(const item_policy& p) {
  return {{"valid_role_actions", list(p.actions)},
          {"valid_visibilities", list(p.visibilities)},
          {"invalid_roles", list(p.invalid_roles)}};
}

}  // namespace

std::string default_permissions_text() {
  ordered_json policy;
  policy["roles"] = list(roles);
  policy["items"] = list(items);
  policy["actions"] = list(all);
  policy["visibilities"] = list(visibilities);
  policy["limits"]["max"] = {{"type", "int"}, {"operator", "lt"}};
  policy["limits"]["min"] = {{"type", "int"}, {"operator", "gt"}};
  for (const auto& p : item_policies) policy["item_policy"][std::string(p.item)] = of_item(p);
  for (const auto& p : role_policies) policy["role_policy"][std::string(p.role)] = of_role(p);
  return policy.dump(2) + "\n";
}

permissions permissions::built_in() { return parse(default_permissions_text()).value(); }

}  // namespace authnz::actors::rules
