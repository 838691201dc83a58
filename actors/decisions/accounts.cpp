#include "actors/decisions/accounts.hpp"

#include "actors/decisions/attempts.hpp"
#include "proto/token.hpp"

namespace authnz::actors {

namespace {

constexpr std::string_view locked_role = "locked";

void add_extra_info(proto::object_text& out, std::string_view name, const std::optional<std::string_view>& text) {
  if (text)
    out.raw(name, *text);
  else
    out.null(name);
}

presented present(const storage::user& u, bool automatically_locked) {
  return {u.in_good_standing() && !automatically_locked,
          automatically_locked || u.admin_locked || !u.verified ? std::string(locked_role) : u.role};
}

std::string user_info(const storage::user& u, const presented& shown, std::uint32_t failures) {
  proto::object_text out;
  out.integer("user_id", u.id)
      .text("system_id", u.system_id)
      .text("full_name", u.full_name)
      .text("email", u.email)
      .boolean("email_verified", u.email_verified)
      .boolean("is_active", shown.active)
      .text("user_role", shown.role)
      .time("created_on", u.created)
      .time("last_updated", u.updated)
      .time_or_null("last_login_try", u.last_login_try)
      .time_or_null("last_login_success", u.last_login_success)
      .integer("failed_login_tries", failures);
  add_extra_info(out, "extra_info", u.extra_info);
  out.time_or_null("emailverify_sent_datetime", u.emailverify_sent)
      .time_or_null("emailforgotpass_sent_datetime", u.emailforgotpass_sent)
      .null("emailchangepass_sent_datetime");
  return out.object();
}

}  // namespace

std::optional<session_and_user> known_session(const storage::view& store, std::string_view token) {
  auto key = proto::token_key(token);
  if (!key) return std::nullopt;
  return session_of_key(store, std::move(*key));
}

std::optional<session_and_user> session_of_key(const storage::view& store, std::string key) {
  const auto session = storage::peek_session(store, key);
  if (!session) return std::nullopt;
  const auto user = storage::peek_user(store, session->user_id);
  if (!user || user->session_epoch != session->epoch) return std::nullopt;
  return session_and_user{*session, *user, std::move(key)};
}

std::optional<session_and_user> live_session(const storage::view& store, std::string_view token, proto::timestamp now) {
  auto known = known_session(store, token);
  if (known && known->session.expires <= now) return std::nullopt;
  return known;
}

void add_session_part(proto::object_text& out, std::string_view token, const storage::session_ref& s) {
  out.text("session_token", token)
      .text("ip_address", s.ip_address)
      .text("user_agent", s.user_agent)
      .integer("user_id", s.user_id)
      .time("created", s.created)
      .time("expires", s.expires);
  add_extra_info(out, "extra_info_json", s.extra_info);
  if (s.client_header) out.text("client_header", s.user_agent);
}

void add_user_part(proto::object_text& out, const storage::user_ref& u) {
  out.text("system_id", u.system_id)
      .text("full_name", u.full_name)
      .text("email", u.email)
      .boolean("email_verified", u.email_verified)
      .time_or_null("emailverify_sent_datetime", u.emailverify_sent)
      .boolean("is_active", u.in_good_standing())
      .text("user_role", u.admin_locked || !u.verified ? locked_role : u.role)
      .time("created_on", u.created)
      .time_or_null("last_login_try", u.last_login_try)
      .time_or_null("last_login_success", u.last_login_success);
  add_extra_info(out, "extra_info", u.extra_info);
}

presented present(const storage::view& store, const storage::user& u, proto::timestamp now) {
  return present(u, !is_protected(u.id) && automatic_lock(store, u.email, now).has_value());
}

std::string user_info(const storage::view& store, const storage::user& u, proto::timestamp now) {
  return user_info(u, present(store, u, now), failures_so_far(store, u.email, now));
}

std::string user_info_without_failures(const storage::user& u) { return user_info(u, present(u, false), 0); }

std::string no_user_info() { return proto::object_text().null("user_info").members(); }

bool stands_in_role(const storage::view& store, std::int64_t user_id, std::string_view role) {
  const auto user = storage::peek_user(store, user_id);
  return user && user->in_good_standing() && user->role == role;
}

bool is_acting_superuser(const storage::user& u) { return u.role == "superuser" && u.in_good_standing(); }

std::optional<storage::user> another_superuser(const storage::view& store, std::int64_t but) {
  std::optional<storage::user> found;
  storage::for_each_user(store, 0, [&](const storage::user& u) {
    if (u.id != but && is_acting_superuser(u)) found = u;
    return !found;
  });
  return found;
}

bool leaves_a_superuser(const storage::view& store, storage::mini_transaction& tx, const storage::user& before,
                        const storage::user* after) {
  if (!is_acting_superuser(before) || (after != nullptr && is_acting_superuser(*after))) return true;
  const auto other = another_superuser(store, before.id);
  if (other) storage::expect_user(tx, *other);
  return other.has_value();
}

bool is_caller(const session_and_user& s, const proto::call& request) {
  return s.user.id == request.integer("user_id") && s.user.in_good_standing() &&
         s.user.role == request.text("user_role");
}

void expect_caller(storage::mini_transaction& tx, const session_and_user& caller) {
  storage::user read;
  read.id = caller.user.id;
  read.revision = caller.user.revision;
  storage::expect_user(tx, read);
}

std::string id_and_email(const proto::call& request) {
  return proto::object_text()
      .integer("user_id", request.integer("user_id"))
      .text("email", request.text("email"))
      .members();
}

finish ending_with_echo(const context& c, proto::answer a, std::string_view event) {
  const std::string who = std::to_string(c.request.integer("user_id"));
  a.fields = id_and_email(c.request);
  return {.answer = std::move(a), .audit = {{event, who, who}}};
}

storage::session owned(const storage::session_ref& s) {
  storage::session out;
  out.key = s.key;
  out.user_id = s.user_id;
  out.epoch = s.epoch;
  out.ip_address = s.ip_address;
  out.user_agent = s.user_agent;
  out.client_header = s.client_header;
  out.created = s.created;
  out.expires = s.expires;
  if (s.extra_info) out.extra_info = std::string(*s.extra_info);
  out.revision = s.revision;
  return out;
}

void end_sessions(storage::mini_transaction& tx, storage::user& after, const std::optional<session_and_user>& keep) {
  ++after.session_epoch;
  if (!keep) return;
  storage::session kept = owned(keep->session);
  kept.epoch = after.session_epoch;
  storage::replace_session(tx, owned(keep->session), kept);
}

}  // namespace authnz::actors
