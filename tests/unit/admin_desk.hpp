/// A desk at which the superuser, Ada and the server itself change accounts.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apikey_desk.hpp"

namespace authnz::actors::test {

/// What is asked, and the reason for which it must fail; "ok" if it must not.
using expectations = std::vector<std::pair<json, std::string>>;

class admin_desk : public apikey_desk {
 public:
  static constexpr std::int64_t root = 1;

  json body_as(std::int64_t caller, std::string_view role, const std::string& token, std::int64_t target) const {
    return {{"user_id", caller}, {"user_role", role}, {"session_token", token}, {"target_userid", target}};
  }
  json body_as_root(std::int64_t target) const { return body_as(root, "superuser", root_session, target); }
  json body_as_ada(std::int64_t target) const { return body_as(ada, "authenticated", session, target); }

  outcome edit_as_root(std::int64_t target, json update) {
    return ask("user-edit", merged(body_as_root(target), {{"update_dict", std::move(update)}}));
  }
  outcome edit_as_ada(json update) {
    return ask("user-edit", merged(body_as_ada(ada), {{"update_dict", std::move(update)}}));
  }
  outcome edit_as_server(std::int64_t target, json update) {
    return ask("internal-user-edit", {{"target_userid", target}, {"update_dict", std::move(update)}});
  }
  outcome lock_as_root(std::int64_t target, std::string_view action = "lock") {
    return ask("user-lock", merged(body_as_root(target), {{"action", action}}));
  }
  outcome lock_as_server(std::int64_t target, std::string_view action = "lock") {
    return ask("internal-user-lock", {{"target_userid", target}, {"action", action}});
  }
  outcome remove_as_server(std::int64_t target) { return ask("internal-user-delete", {{"target_userid", target}}); }

  /// Asks one after the other. Failures must leave `field` null.
  void expect_in_turn(std::string_view request, const expectations& all, const char* field = "user_info") {
    for (const auto& [body, reason] : all) {
      const auto got = ask(request, body);
      EXPECT_EQ(got.reason(), reason) << body;
      EXPECT_TRUE(reason == "ok" || got.field(field).is_null()) << body;
    }
  }

  /// Decides two requests on the same state and commits them, the first one
  /// first. Exactly one may hold; what the other answers when it runs again.
  std::string second_of_two_at_once(std::string_view first, const json& body, std::string_view second,
                                    const json& other_body) {
    const finish one = decide_only(first, body);
    const finish other = decide_only(second, other_body);
    EXPECT_TRUE(one.answer.ok());
    EXPECT_TRUE(other.answer.ok());
    EXPECT_EQ(store.commit(one.tx), storage::commit_result::applied);
    EXPECT_EQ(store.commit(other.tx), storage::commit_result::conflict);
    return ask(second, other_body).reason();
  }

  storage::user stored(std::int64_t id) { return *storage::find_user(*store.read(), id); }
  json shown(std::int64_t id) { return ask("user-list", {{"user_id", id}}).field("user_info").at(0); }
  void make_superuser(std::int64_t id) {
    edit(id, [](storage::user& u) { u.role = "superuser"; });
  }
  void fail_until_locked(const std::string& email) {
    for (std::uint32_t i = 0; i < config->lock_tries; ++i)
      ask("user-passcheck-nosession", {{"email", email}, {"password", "wrong"}});
  }
  std::string password_check(const std::string& email) {
    return ask("user-passcheck-nosession", {{"email", email}, {"password", good_password}}).reason();
  }
  void add_role(const std::string& name) {
    auto s = *config;
    auto policy = *s.permissions;
    policy.roles.insert(name);
    policy.role_policies[name] = policy.role_policies.at("authenticated");
    s.permissions = std::make_shared<const rules::permissions>(std::move(policy));
    config = std::make_shared<const settings>(std::move(s));
  }

  const std::string root_session = new_session(root);
};

/// `event actor target` of each note.
inline std::vector<std::string> notes(const outcome& o) {
  std::vector<std::string> out;
  for (const auto& n : o.audit) out.push_back(std::string(n.event) + " " + n.actor + " " + n.target);
  return out;
}

using lines = std::vector<std::string>;

}  // namespace authnz::actors::test
