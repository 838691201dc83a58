#include "tools/ctl/user_list.hpp"

#include <CLI/CLI.hpp>
#include <optional>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/wire_request.hpp"

namespace authnz::ctl {

using nlohmann::json;

namespace {

constexpr std::int64_t users_a_page = 500;

struct wanted_users {
  std::int64_t limit = 100;
  std::int64_t after = 0;
  std::string role;
  std::string state;
};

// What the wire's user_info tells of it.
std::string state_of(const json& info) {
  if (info.value("is_active", false)) return "active";
  if (!info.value("email_verified", false)) return "unverified";
  return cell(info, "user_role") == "locked" ? "locked" : "inactive";
}

bool is_wanted(const json& info, const wanted_users& w) {
  return (w.role.empty() || cell(info, "user_role") == w.role) && (w.state.empty() || state_of(info) == w.state);
}

/// `{"users": [...], "next_after": id or null}`.
tl::expected<json, link_error> find_users(node_link& link, const wanted_users& w) {
  json users = json::array();
  std::optional<std::int64_t> after = w.after;
  std::int64_t last = w.after;
  while (after) {
    auto page = ask_request(link, "user-list", {{"user_id", nullptr}, {"limit", users_a_page}, {"after", *after}});
    if (!page) return page;
    for (const auto& info : page->at("user_info")) {
      if (!is_wanted(info, w)) continue;
      if (static_cast<std::int64_t>(users.size()) == w.limit) return json{{"users", users}, {"next_after", last}};
      users.push_back(info);
      last = info.value("user_id", last);
    }
    const auto next = page->value("next_after", json());
    after = next.is_number_integer() ? std::optional(next.get<std::int64_t>()) : std::nullopt;
  }
  return json{{"users", users}, {"next_after", nullptr}};
}

int list(node_link& link, const wanted_users& w, bool as_json) {
  auto found = find_users(link, w);
  if (!found) return fail(found.error());
  const auto node = cell(link.hello(), "node");
  for (auto& info : found->at("users")) info["node"] = node;
  if (as_json) {
    print_json(*found);
    return exit_done;
  }
  table t({{"ID", align::right}, {"NODE"}, {"E-MAIL"}, {"NAME"}, {"ROLE"}, {"STATE"}, {"CREATED"}, {"LAST LOGIN"}});
  for (const auto& info : found->at("users"))
    t.add({cell(info, "user_id"), node, cell(info, "email"), cell(info, "full_name"), cell(info, "user_role"),
           state_of(info), time_cell(info, "created_on"), time_cell(info, "last_login_success")});
  print_rows(t, found->at("next_after"), "no such users");
  return exit_done;
}

}  // namespace

void add_user_list(CLI::App& user, int& status) {
  auto* app = user.add_subcommand("list", "List users by ascending id");
  const auto w = std::make_shared<wanted_users>();
  app->add_option("--role", w->role, "With this role alone; those who are locked have the role locked");
  app->add_option("--state", w->state, "In this state alone")
      ->check(CLI::IsMember({"active", "inactive", "locked", "unverified"}));
  app->add_option("--limit", w->limit, "Most rows")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
  app->add_option("--after", w->after, "Go on behind this id, the last of the list before")->check(CLI::PositiveNumber);
  const auto a = add_asking(*app, "authnzctl user list --state locked --json");
  ask_when_called(*app, a, status, [=](node_link& link) { return list(link, *w, a->json); });
}

}  // namespace authnz::ctl
