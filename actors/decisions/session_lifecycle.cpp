// session-new, session-exists, session-delete, session-delete-userid, user-logout
#include "actors/client_address.hpp"
#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "proto/token.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

constexpr std::int64_t seconds_a_day = 86400;

struct expiry {
  code problem = code::none;
  proto::timestamp at{};
};

// `expires` as a whole number is days from now (2019 form), else a time.
expiry read_expiry(const proto::json& item, proto::timestamp now) {
  std::optional<proto::timestamp> at;
  if (item.is_number_integer()) {
    const auto days = item.get<std::int64_t>();
    if (days <= 0) return {code::expires_in_past, {}};
    constexpr std::int64_t most_days = std::int64_t{10000} * 366;
    if (days < most_days) at = proto::add_seconds(now, days * seconds_a_day);
  } else {
    at = proto::parse_time(item.get_ref<const std::string&>());
  }
  if (!at) return {code::expires_invalid, {}};
  if (*at <= now) return {code::expires_in_past, {}};
  return {code::none, *at};
}

proto::timestamp capped(proto::timestamp expires, const context& c) {
  if (c.config.session_max_age_days == 0) return expires;
  return std::min(expires, c.now + std::chrono::days(c.config.session_max_age_days));
}

step refuse_new(const context& c, code reason, code message) {
  return finish{.answer = answer::failure(reason, message, fields_on_failure(c.request)),
                .audit = {{"session.created"}}};
}
step refuse_new(const context& c, code reason) { return refuse_new(c, reason, reason); }

bool has_other_sessions(const storage::view& store, const storage::user& u, std::string_view kept_key) {
  bool found = false;
  storage::for_each_session_of(store, u.id, [&](const storage::session& s) {
    found = s.epoch == u.session_epoch && s.key != kept_key;
    return !found;
  });
  return found;
}

}  // namespace

std::string decision<request::session_new>::fields_on_failure(const proto::call&) {
  return object_text().null("session_token").null("expires").members();
}

step decision<request::session_new>::decide(const context& c) {
  const auto address = canonical_ip(c.request.text("ip_address"));
  if (!address) return refuse_new(c, code::ip_address_invalid);
  const auto [problem, expires] = read_expiry(*c.request.find("expires"), c.now);
  if (problem != code::none) return refuse_new(c, problem);
  const std::int64_t given_id = c.request.maybe_integer("user_id").value_or(0);
  const auto user = storage::find_user(c.store, given_id == 0 ? anonymous_user_id : given_id);
  if (!user) return refuse_new(c, code::user_not_found, code::session_create_failed);
  if (!user->active || user->admin_locked) return refuse_new(c, code::account_inactive, code::session_create_failed);

  const std::string token = proto::make_token(c.random.nanoseconds, c.random.bytes);
  storage::session s;
  s.key = *proto::token_key(token);
  s.user_id = user->id;
  s.epoch = user->session_epoch;
  s.ip_address = *address;
  s.user_agent = c.request.text("user_agent");
  s.client_header = c.request.used_other_name("user_agent");
  s.created = c.now;
  s.expires = capped(expires, c);
  if (const auto* info = c.request.find("extra_info_json")) s.extra_info = proto::to_text(*info);

  finish end{.answer = answer::success(code::session_created,
                                       object_text().text("session_token", token).time("expires", s.expires).members()),
             .audit = {{"session.created", std::to_string(user->id), std::to_string(user->id)}}};
  storage::add_session(end.tx, s);
  storage::expect_user(end.tx, *user);
  return end;
}

std::string decision<request::session_exists>::fields_on_failure(const proto::call&) {
  return object_text().null("session_info").members();
}

step decision<request::session_exists>::decide(const context& c) {
  const std::string_view token = c.request.text("session_token");
  const auto live = live_session(c.store, token, c.turn);
  if (!live) return finish{.answer = answer::failure(code::session_not_found, fields_on_failure(c.request))};
  object_text info(1024);
  add_session_part(info, token, live->session);
  add_user_part(info, live->user);
  return finish{
      .answer = answer::success(code::session_found, object_text(1100).raw("session_info", info.object()).members())};
}

std::string decision<request::session_delete>::fields_on_failure(const proto::call&) { return {}; }

step decision<request::session_delete>::decide(const context& c) {
  const auto known = known_session(c.store, c.request.text("session_token"));
  if (!known) return finish{.answer = answer::failure(code::session_not_found), .audit = {{"session.ended"}}};
  const std::string whose = std::to_string(known->user.id);
  finish end{.answer = answer::success(code::session_deleted), .audit = {{"session.ended", whose, whose}}};
  storage::remove_session(end.tx, owned(known->session));
  return end;
}

std::string decision<request::session_delete_userid>::fields_on_failure(const proto::call&) { return {}; }

step decision<request::session_delete_userid>::decide(const context& c) {
  const std::int64_t user_id = c.request.integer("user_id");
  const std::string_view token = c.request.text_or_empty("session_token");
  std::vector<audit_note> audit{{"session.ended-all", {}, std::to_string(user_id)}};
  const auto refuse = [&](code reason) -> step { return finish{.answer = answer::failure(reason), .audit = audit}; };

  std::optional<session_and_user> current;
  if (!token.empty()) {
    current = known_session(c.store, token);
    if (!current) return refuse(code::session_not_found);
    audit[0].actor = std::to_string(current->user.id);
    if (current->user.id != user_id) return refuse(code::not_allowed);
  }
  if (!c.request.boolean("keep_current_session")) current.reset();
  const auto user = storage::find_user(c.store, user_id);
  if (!user || !has_other_sessions(c.store, *user, current ? std::string_view(current->key) : std::string_view()))
    return refuse(code::nothing_to_delete);

  finish end{.answer = answer::success(code::sessions_deleted), .audit = audit};
  storage::user after = *user;
  end_sessions(end.tx, after, current);
  storage::replace_user(end.tx, *user, after);
  return end;
}

std::string decision<request::user_logout>::fields_on_failure(const proto::call& r) {
  return object_text().integer("user_id", r.integer("user_id")).members();
}

step decision<request::user_logout>::decide(const context& c) {
  const std::string echo = fields_on_failure(c.request);
  const std::string whose = std::to_string(c.request.integer("user_id"));
  const std::vector<audit_note> audit{{"session.logout", whose, whose}};
  const auto live = live_session(c.store, c.request.text("session_token"), c.turn);
  if (!live)
    return finish{.answer = answer::failure(code::session_not_found, code::logout_failed, echo), .audit = audit};
  if (live->user.id != c.request.integer("user_id"))
    return finish{.answer = answer::failure(code::not_allowed, code::logout_failed, echo), .audit = audit};
  finish end{.answer = answer::success(code::logout_ok, echo), .audit = audit};
  storage::remove_session(end.tx, owned(live->session));
  return end;
}

}  // namespace authnz::actors
