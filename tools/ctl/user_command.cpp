#include "tools/ctl/user_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/credential_lists.hpp"
#include "tools/ctl/password_input.hpp"
#include "tools/ctl/user_list.hpp"
#include "tools/ctl/wire_request.hpp"

namespace authnz::ctl {

using nlohmann::json;

namespace {

using text_ptr = std::shared_ptr<std::string>;

text_ptr add_who(CLI::App& command) {
  auto who = std::make_shared<std::string>();
  command.add_option("user", *who, "The user: id or e-mail address")->required();
  return who;
}

int show_user(const json& info, bool as_json) {
  if (as_json)
    print_json(info);
  else
    print_members(info, {"user_id", "system_id", "full_name", "email", "email_verified", "is_active", "user_role",
                         "created_on", "last_updated", "last_login_try", "last_login_success", "failed_login_tries",
                         "emailverify_sent_datetime", "emailforgotpass_sent_datetime", "extra_info"});
  return exit_done;
}

/// Asks a request whose answer has `user_info`, and shows that.
int change(node_link& link, const char* request, const json& body, bool as_json) {
  const auto changed = ask_request(link, request, body);
  return changed ? show_user(changed->at("user_info"), as_json) : fail(changed.error());
}

struct creation {
  std::string email, name, role, system_id, extra_info;
  bool verified = false;
  bool from_stdin = false;
};

/// What somebody typed as JSON: an object, or nothing.
tl::expected<json, link_error> object_of(const std::string& text) {
  if (text.empty()) return json();
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return tl::unexpected(
        link_error{exit_usage, "bad-json", "--extra-info must be a JSON object, e.g. '{\"team\": 7}'"});
  return parsed;
}

/// What is left to be done once the user is there. If that fails, so it says.
tl::expected<json, link_error> complete(node_link& link, const creation& o, std::int64_t id) {
  json update = json::object();
  if (!o.role.empty()) update["user_role"] = o.role;
  if (o.verified) update["email_verified"] = true;
  if (update.empty()) return find_user(link, std::to_string(id));
  auto changed = ask_request(link, "internal-user-edit", {{"target_userid", id}, {"update_dict", update}});
  if (changed) return std::move((*changed)["user_info"]);
  auto why = changed.error();
  why.text = "The user " + std::to_string(id) + " was created, but not given what was asked for: " + why.text;
  return tl::unexpected(std::move(why));
}

int create(const node_options& node, const creation& o, bool as_json) {
  const auto extra = object_of(o.extra_info);
  if (!extra) return fail(extra.error());
  // Asked for before the link is there: whoever types is slow.
  const auto password = read_new_password(o.from_stdin);
  if (!password) return fail(password.error());
  return with_node(node, [&](node_link& link) {
    json body{{"full_name", o.name}, {"email", o.email}, {"password", std::string(password->reveal())}};
    if (!extra->is_null()) body["extra_info"] = *extra;
    if (!o.system_id.empty()) body["system_id"] = o.system_id;
    const auto made = ask_request(link, "user-new", body);
    if (!made) return fail(made.error());
    const auto info = complete(link, o, made->value("user_id", std::int64_t{0}));
    return info ? show_user(*info, as_json) : fail(info.error());
  });
}

void add_create(CLI::App& user, int& status) {
  auto* app = user.add_subcommand(
      "create", "Create a user. Asks for the password twice, or takes it from standard input; never from here");
  const auto o = std::make_shared<creation>();
  app->add_option("--email", o->email, "E-mail address")->required();
  app->add_option("--name", o->name, "Full name")->required();
  app->add_option("--role", o->role, "Role; by default authenticated");
  app->add_option("--system-id", o->system_id, "By default a random one");
  app->add_option("--extra-info", o->extra_info, "A JSON object");
  app->add_flag("--verified", o->verified, "The address needs no proof: the user can log in at once");
  app->add_flag("--password-stdin", o->from_stdin, "The first line of standard input is the password");
  const auto a = add_asking(*app, "authnzctl user create --email ada@example.org --name 'Ada Lovelace' --verified");
  app->callback([=, &status] { status = create(*a->node, *o, a->json); });
}

struct edits {
  std::optional<std::string> name, email, role, extra_info;
  bool active = false, inactive = false, verified = false, unverified = false;
};

tl::expected<json, link_error> update_of(const edits& e) {
  json out = json::object();
  if (e.name) out["full_name"] = *e.name;
  if (e.email) out["email"] = *e.email;
  if (e.role) out["user_role"] = *e.role;
  if (e.active || e.inactive) out["is_active"] = e.active;
  if (e.verified || e.unverified) out["email_verified"] = e.verified;
  if (e.extra_info) {
    auto extra = object_of(*e.extra_info);
    if (!extra || extra->is_null()) return object_of("0");
    out["extra_info"] = std::move(*extra);
  }
  if (out.empty())
    return tl::unexpected(link_error{exit_usage, "update-empty", "say what to change; --help lists what can be"});
  return out;
}

std::int64_t id_of(const json& info) { return info.value("user_id", std::int64_t{0}); }

int edit(node_link& link, const std::string& who, const edits& e, bool as_json) {
  const auto update = update_of(e);
  if (!update) return fail(update.error());
  const auto info = find_user(link, who);
  if (!info) return fail(info.error());
  return change(link, "internal-user-edit", {{"target_userid", id_of(*info)}, {"update_dict", *update}}, as_json);
}

void add_edit(CLI::App& user, int& status) {
  auto* app = user.add_subcommand("edit", "Change a user");
  const auto who = add_who(*app);
  const auto e = std::make_shared<edits>();
  app->add_option("--name", e->name, "Full name");
  app->add_option("--email", e->email, "E-mail address; is not verified then, unless --verified says so");
  app->add_option("--role", e->role, "Role");
  app->add_option("--extra-info", e->extra_info,
                  "A JSON object to merge in; the value \"__delete__\" removes a member");
  auto* active = app->add_flag("--active", e->active, "May log in");
  app->add_flag("--inactive", e->inactive, "May not log in; ends all sessions")->excludes(active);
  auto* verified = app->add_flag("--verified", e->verified, "The address needs no proof");
  app->add_flag("--unverified", e->unverified, "The address must be proved before the next login")->excludes(verified);
  const auto a = add_asking(*app, "authnzctl user edit ada@example.org --role staff");
  ask_when_called(*app, a, status, [=](node_link& link) { return edit(link, *who, *e, a->json); });
}

void add_lock(CLI::App& user, const char* action, const char* help, int& status) {
  auto* app = user.add_subcommand(action, help);
  const auto who = add_who(*app);
  const auto a = add_asking(*app, std::string("authnzctl user ") + action + " ada@example.org");
  ask_when_called(*app, a, status, [=](node_link& link) {
    const auto info = find_user(link, *who);
    if (!info) return fail(info.error());
    return change(link, "internal-user-lock", {{"target_userid", id_of(*info)}, {"action", action}}, a->json);
  });
}

int remove(node_link& link, const std::string& who, bool yes, bool as_json) {
  const auto info = find_user(link, who);
  if (!info) return fail(info.error());
  const auto sure = confirm("Delete the user " + std::to_string(id_of(*info)) + ", " + printable(cell(*info, "email")) +
                                ", and all that is theirs?",
                            yes);
  if (!sure) return fail(sure.error());
  const auto gone = ask_request(link, "internal-user-delete", {{"target_userid", id_of(*info)}});
  if (!gone) return fail(gone.error());
  if (as_json)
    print_json({{"user_id", id_of(*info)}, {"deleted", true}});
  else
    std::cout << "deleted: user " << id_of(*info) << '\n';
  return exit_done;
}

void add_delete(CLI::App& user, int& status) {
  auto* app = user.add_subcommand("delete", "Delete a user, with sessions and API keys");
  const auto who = add_who(*app);
  const auto yes = add_yes(*app);
  const auto a = add_asking(*app, "authnzctl user delete ada@example.org --yes");
  ask_when_called(*app, a, status, [=](node_link& link) { return remove(link, *who, *yes, a->json); });
}

/// The request must be told whether the account is in good standing, which
/// `is_active` does not say of one that is locked after failed logins.
tl::expected<json, link_error> reset(node_link& link, const json& info, std::string_view password) {
  const bool active = info.value("is_active", false);
  json body{{"email_address", info.at("email")}, {"new_password", password}, {"required_active", active}};
  auto done = ask_request(link, "user-resetpass-nosession", body);
  if (done || done.error().code != "active-state-mismatch") return done;
  body["required_active"] = !active;
  return ask_request(link, "user-resetpass-nosession", body);
}

int set_password(const node_options& node, const std::string& who, bool from_stdin, bool as_json) {
  const auto password = read_new_password(from_stdin);
  if (!password) return fail(password.error());
  return with_node(node, [&](node_link& link) {
    const auto info = find_user(link, who);
    if (!info) return fail(info.error());
    const auto done = reset(link, *info, password->reveal());
    if (!done) return fail(done.error());
    if (as_json)
      print_json({{"user_id", id_of(*info)}, {"password_changed", true}});
    else
      std::cout << "password changed, all sessions and API keys ended: user " << id_of(*info) << '\n';
    return exit_done;
  });
}

void add_set_password(CLI::App& user, int& status) {
  auto* app = user.add_subcommand(
      "set-password", "Set a user's password; asks for it twice, or takes it from standard input. Ends all sessions");
  const auto who = add_who(*app);
  const auto from_stdin = std::make_shared<bool>(false);
  app->add_flag("--password-stdin", *from_stdin, "The first line of standard input is the password");
  const auto a = add_asking(*app, "authnzctl user set-password ada@example.org --password-stdin <password.txt");
  app->callback([=, &status] { status = set_password(*a->node, *who, *from_stdin, a->json); });
}

}  // namespace

void add_user(CLI::App& app, int& status) {
  auto* user = app.add_subcommand("user", "Look at users, and change them")->require_subcommand(1);
  add_user_list(*user, status);
  auto* shows = user->add_subcommand("show", "Show one user");
  const auto who = add_who(*shows);
  const auto a = add_asking(*shows, "authnzctl user show ada@example.org");
  ask_when_called(*shows, a, status, [=](node_link& link) {
    const auto info = find_user(link, *who);
    return info ? show_user(*info, a->json) : fail(info.error());
  });
  add_create(*user, status);
  add_edit(*user, status);
  add_lock(*user, "lock", "Lock an account, and end its sessions", status);
  add_lock(*user, "unlock", "Unlock an account that was locked, by an administrator or by failed logins", status);
  add_delete(*user, status);
  add_set_password(*user, status);
  auto* sessions = user->add_subcommand("sessions", "List a user's sessions");
  add_session_list(*sessions, add_who(*sessions), status, "authnzctl user sessions ada@example.org");
}

}  // namespace authnz::ctl
