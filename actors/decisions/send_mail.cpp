// user-sendemail-signup, user-sendemail-forgotpass
#include <algorithm>
#include <array>
#include <utility>

#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/mail_message.hpp"
#include "actors/mail_schedule.hpp"
#include "actors/rules/unicode.hpp"
#include "proto/base64.hpp"
#include "storage/codec.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

constexpr std::int64_t default_expiry_seconds = 900;
constexpr std::chrono::hours between_forgotpass{24};

/// What the two requests differ in.
struct purpose {
  mail_kind kind;
  std::string_view event;
  std::string_view url_item;
  std::string_view default_url;
  std::string_view time_field;
  std::string_view time_field_2019;
};

constexpr purpose signup{mail_kind::signup,           "mail.signup",
                         "account_verify_url",        "/users/verify",
                         "emailverify_sent_datetime", "verifyemail_sent_datetime"};
constexpr purpose forgotpass{mail_kind::forgotpass,           "mail.forgotpass",
                             "password_forgot_url",           "/users/forgot-password-step2",
                             "emailforgotpass_sent_datetime", "forgotemail_sent_datetime"};

std::string no_fields(const purpose& p) {
  return object_text()
      .null("user_id")
      .null("email_address")
      .null(p.time_field)
      .null(p.time_field_2019)
      .null("queued")
      .members();
}

answer sent(const purpose& p, const std::string& address, const storage::outbox_entry& e, bool queued) {
  return answer::success(code::email_requested, object_text()
                                                    .integer("user_id", e.user_id)
                                                    .text("email_address", address)
                                                    .time(p.time_field, e.created)
                                                    .time(p.time_field_2019, e.created)
                                                    .boolean("queued", queued)
                                                    .members());
}

std::string address_of(const context& c) { return rules::normalise_address(c.request.text("email_address")); }

/// From whom a message comes, and by which mail server.
struct origin {
  std::string sender;
  std::optional<mail_route> route;  ///< the request's own; nothing = the configured one
};

constexpr auto route_items = std::to_array<std::string_view>({"emailserver", "emailuser", "emailpass", "emailport"});

bool is_known(const std::string& server) { return server.find_first_not_of(" \t") != std::string::npos; }

// Nothing if sender, server or port is not known.
std::optional<origin> origin_of(const context& c) {
  const auto& config = c.config.mail;
  const auto& r = c.request;
  origin from{config.sender, std::nullopt};
  mail_route route = config.route;
  std::int64_t port = route.port;
  if (config.override_by_request) {
    if (r.has("emailsender")) from.sender = r.text("emailsender");
    if (r.has("emailserver")) route.server = r.text("emailserver");
    if (r.has("emailuser")) route.user = r.text("emailuser");
    if (r.has("emailpass")) route.password = proto::secret(std::string(r.text("emailpass")));
    port = r.maybe_integer("emailport").value_or(port);
  }
  if (!mail_address_of(from.sender) || !is_known(route.server) || port < 1 || port > 65535) return std::nullopt;
  route.port = static_cast<std::uint16_t>(port);
  const auto is_own = [&](std::string_view item) { return r.has(item); };
  if (config.override_by_request && std::ranges::any_of(route_items, is_own)) from.route = std::move(route);
  return from;
}

/// What `created_info` tells of user-new's answer.
struct created {
  std::int64_t user_id;
  std::string email;
  bool send_verification;
};

std::optional<created> created_of(const proto::json& info) {
  const auto id = info.find("user_id");
  const auto email = info.find("user_email");
  const auto send = info.find("send_verification");
  if (id == info.end() || email == info.end() || send == info.end()) return std::nullopt;
  if (!id->is_number_integer() || !email->is_string() || !send->is_boolean()) return std::nullopt;
  if (id->is_number_unsigned() && !std::in_range<std::int64_t>(id->get<std::uint64_t>())) return std::nullopt;
  return created{id->get<std::int64_t>(), rules::normalise_address(email->get_ref<const std::string&>()),
                 send->get<bool>()};
}

// Beyond what can be written it is the last moment that can.
proto::timestamp expiry_of(const context& c) {
  constexpr auto last =
      std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::hours(24) - std::chrono::seconds(1);
  constexpr auto first = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
  const auto seconds = c.request.maybe_integer("verification_expiry").value_or(default_expiry_seconds);
  return proto::add_seconds(c.now, seconds).value_or(seconds < 0 ? proto::timestamp(first) : proto::timestamp(last));
}

outgoing_mail mail_of(const context& c, const purpose& p, const std::string& sender, const session_and_user& by,
                      const storage::user& to) {
  const auto path = c.request.has(p.url_item) ? c.request.text(p.url_item) : p.default_url;
  const auto url = std::string(c.request.text("server_baseurl")).append(path);
  const std::string random(c.random.bytes.begin() + 16, c.random.bytes.end());
  const auto unique = proto::base64_url(random, proto::base64_padding::none);
  mail_content content{.kind = p.kind,
                       .sender = sender,
                       .recipient = to.email,
                       .server_name = c.request.text("server_name"),
                       .url = url,
                       .token = c.request.text("verification_token"),
                       .expires = expiry_of(c),
                       .client_address = by.session.ip_address,
                       .user_agent = by.session.user_agent};
  return compose_mail(content, *c.config.mail.templates, {c.now, unique}, c.config.mail.html);
}

step sending(const context& c, const purpose& p, origin&& from, const session_and_user& by, const storage::user& to) {
  send_mail out{.mail = mail_of(c, p, from.sender, by, to),
                .route = std::move(from.route),
                .entry = {},
                .before = to,
                .after = to,
                .sender = std::to_string(by.user.id),
                .if_lost = {}};
  auto& e = out.entry;
  storage::append_u64(e.key, c.random.nanoseconds);
  e.key.append(c.random.bytes.begin(), c.random.bytes.begin() + 16);
  e.user_id = to.id;
  e.kind = static_cast<std::uint8_t>(p.kind);
  e.created = c.now;
  e.sent_before = std::exchange(sent_time(out.after, p.kind), c.now);
  e.next_try = c.now + first_attempt_lease;
  out.if_lost = sent(p, to.email, e, true);
  return out;
}

// Whatever has happened to account and session meanwhile.
step sending_ended(const context& c, const purpose& p) {
  const auto& [result, stored, by] = *c.known.mail;
  finish end{.answer = sent(p, address_of(c), stored, result == delivery::deferred),
             .audit = {{p.event, by, std::to_string(stored.user_id)}}};
  if (result == delivery::refused)
    end.answer = answer::failure(code::email_failed, code::email_requested, no_fields(p));
  if (const auto e = storage::find_mail(c.store, stored.key); e && e->tries == stored.tries)
    record_attempt(end.tx, c.store, *e, {result, c.now, c.config.mail.first_retry});
  return end;
}

/// Ends requests that fail, with what is known so far.
struct refusal {
  const purpose& p;
  std::string by = {};
  std::string target;

  step operator()(code reason, code message) const {
    return finish{.answer = answer::failure(reason, message, no_fields(p)), .audit = {{p.event, by, target}}};
  }
  step operator()(code reason) const { return (*this)(reason, reason); }
};

}  // namespace

std::string decision<request::user_sendemail_signup>::fields_on_failure(const proto::call&) {
  return no_fields(signup);
}

step decision<request::user_sendemail_signup>::decide(const context& c) {
  if (c.known.mail) return sending_ended(c, signup);
  const auto address = address_of(c);
  refusal refuse{.p = signup, .target = address};
  auto from = origin_of(c);
  if (!from) return refuse(code::email_not_configured);
  const auto created = created_of(*c.request.find("created_info"));
  if (!created) return refuse(code::created_info_invalid);
  const auto by = live_session(c.store, c.request.text("session_token"), c.turn);
  if (!by) return refuse(code::session_not_found);
  refuse.by = std::to_string(by->user.id);
  if (!created->send_verification) return refuse(code::not_allowed, code::email_requested);
  const auto to = storage::find_user_by_email(c.store, address);
  if (!to || to->id != created->user_id || to->email != created->email || is_protected(to->id))
    return refuse(code::user_not_found, code::email_requested);
  refuse.target = std::to_string(to->id);
  if (to->email_verified) return refuse(code::already_verified, code::email_requested);
  if (!to->active || to->admin_locked) return refuse(code::account_inactive, code::email_requested);
  return sending(c, signup, std::move(*from), *by, *to);
}

std::string decision<request::user_sendemail_forgotpass>::fields_on_failure(const proto::call&) {
  return no_fields(forgotpass);
}

step decision<request::user_sendemail_forgotpass>::decide(const context& c) {
  if (c.known.mail) return sending_ended(c, forgotpass);
  const auto address = address_of(c);
  refusal refuse{.p = forgotpass, .target = address};
  auto from = origin_of(c);
  if (!from) return refuse(code::email_not_configured);
  const auto by = live_session(c.store, c.request.text("session_token"), c.turn);
  if (!by) return refuse(code::session_not_found);
  refuse.by = std::to_string(by->user.id);
  const auto to = storage::find_user_by_email(c.store, address);
  if (!to || is_protected(to->id)) return refuse(code::user_not_found, code::email_requested);
  refuse.target = std::to_string(to->id);
  if (!to->in_good_standing()) return refuse(code::account_inactive, code::email_requested);
  if (to->emailforgotpass_sent && c.now - *to->emailforgotpass_sent < between_forgotpass)
    return refuse(code::sent_recently, code::email_requested);
  return sending(c, forgotpass, std::move(*from), *by, *to);
}

}  // namespace authnz::actors
