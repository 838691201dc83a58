// user-new
#include <algorithm>

#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/extra_info.hpp"
#include "actors/decisions/password_rules.hpp"
#include "actors/rules/full_name.hpp"
#include "actors/rules/unicode.hpp"
#include "proto/token.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::json;
using proto::object_text;
using proto::request;

namespace {

constexpr std::int64_t default_wait_hours = 6;
// A wait beyond this is as good as for ever, and keeps sums within range.
constexpr std::int64_t longest_wait_hours = std::int64_t{24} * 366 * 1000;
constexpr std::string_view event_created = "user.created";
constexpr std::string_view event_resignup = "user.resignup";

std::string refused_fields(const std::optional<std::string>& email) {
  return object_text()
      .text_or_null("user_email", email)
      .null("user_id")
      .null("system_id")
      .boolean("send_verification", false)
      .members();
}

std::string user_fields(const storage::user& u, bool send_verification) {
  return object_text()
      .text("user_email", u.email)
      .integer("user_id", u.id)
      .text("system_id", u.system_id)
      .boolean("send_verification", send_verification)
      .members();
}

finish ending(answer a, std::string_view event, const std::string& target) {
  return {.answer = std::move(a), .audit = {{event, {}, target}}};
}

std::int64_t requested_wait(const proto::call& r) {
  return std::clamp<std::int64_t>(r.maybe_integer("verify_retry_wait").value_or(default_wait_hours), 1,
                                  longest_wait_hours);
}

// What the request gives, with what the server says of it on top.
json overlaid_info(const proto::call& r, std::int64_t wait) {
  const json* given = r.find("extra_info");
  json info = given ? *given : json::object();
  info["provenance"] = "request-created";
  info["type"] = "normal-user";
  info["verify_retry_wait"] = wait;
  return info;
}

bool may_sign_up_again(const storage::user& u, std::int64_t wait, proto::timestamp now) {
  if (u.verified) return false;
  const std::chrono::hours longest{std::max({u.verify_retry_wait_hours, wait, std::int64_t{1}})};
  return !u.emailverify_sent || *u.emailverify_sent + longest < now;
}

std::uint64_t number_of(const chance& random) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < sizeof n; ++i) n = n << 8U | random.more_bytes[i];
  return n;
}

storage::user new_user(const context& c, const std::string& email) {
  const std::int64_t wait = requested_wait(c.request);
  storage::user u;
  u.id = c.ids.next(storage::next_user_id(c.store), c.conflicts, number_of(c.random));
  u.system_id = c.request.text_or_empty("system_id");
  if (u.system_id.empty()) u.system_id = proto::uuid4(std::span(c.random.bytes).first<16>());
  u.full_name = rules::stored_name(c.request.text("full_name"));
  u.email = email;
  u.password_hash = *c.known.new_hash;
  u.role = "authenticated";
  u.created = u.updated = c.now;
  u.emailverify_sent = c.now;
  u.extra_info = proto::to_text(overlaid_info(c.request, wait));
  u.verify_retry_wait_hours = wait;
  return u;
}

step sign_up_again(const context& c, const storage::user& known) {
  const std::int64_t wait = std::max(known.verify_retry_wait_hours, requested_wait(c.request));
  storage::user after = known;
  after.password_hash = *c.known.new_hash;
  after.full_name = rules::stored_name(c.request.text("full_name"));
  after.extra_info = overlay_extra_info(known.extra_info, overlaid_info(c.request, wait), c.config.limits.extra_info);
  after.emailverify_sent = after.updated = c.now;
  after.verify_retry_wait_hours = wait;
  finish end = ending(answer::failure(code::user_exists, code::user_created, user_fields(after, true)), event_resignup,
                      std::to_string(known.id));
  storage::replace_user(end.tx, known, after);
  return end;
}

std::string known_sign_up_key(const chance& random) {
  constexpr std::string_view digits = "0123456789abcdef";
  const unsigned byte = random.bytes.back();
  return std::string("last-known-sign-up-") + digits[byte >> 4] + digits[byte & 15U];
}

step already_known(const context& c, const storage::user& known) {
  if (may_sign_up_again(known, requested_wait(c.request), c.now)) return sign_up_again(c, known);
  finish end = ending(answer::failure(code::user_exists, code::user_created, user_fields(known, false)), event_created,
                      std::to_string(known.id));
  // A write of the same kind as a new account's, so that waiting for the disk
  // does not tell the two apart; of one of many records, as those that write
  // the same one wait for each other.
  end.tx.writes.push_back({storage::slice::marks, known_sign_up_key(c.random), proto::format_time(c.now)});
  return end;
}

bool is_taken_by_another(const context& c, std::string_view system_id, const std::optional<storage::user>& known) {
  if (system_id.empty()) return false;
  const auto owner = storage::user_id_of_system_id(c.store, system_id);
  return owner && (!known || known->id != *owner);
}

}  // namespace

std::string decision<request::user_new>::fields_on_failure(const proto::call&) { return refused_fields(std::nullopt); }

step decision<request::user_new>::decide(const context& c) {
  const std::string email = rules::normalise_address(c.request.text("email"));
  const std::string_view password = c.request.text("password");
  const auto refuse = [&](code reason, const std::optional<std::string>& shown) -> step {
    return ending(answer::failure(reason, refused_fields(shown)), event_created, email);
  };
  if (!rules::address_acceptable(c.request.text("email"), *c.config.disposable_domains))
    return refuse(code::email_invalid, std::nullopt);
  if (!rules::name_acceptable(c.request.text("full_name"))) return refuse(code::name_invalid, email);
  if (rules::too_long(password)) return refuse(code::password_too_long, email);
  const std::string name = rules::unescape_name(rules::stored_name(c.request.text("full_name")));
  const auto judged = judge_password(c, password, {c.config.server_name, {email}, {name}}, c.config.policy);
  if (const auto* more = std::get_if<step>(&judged)) return *more;
  if (const auto& failed = std::get<0>(judged); !failed.empty())
    return ending(insecure(failed, refused_fields(email)), event_created, email);

  const auto known = storage::find_user_by_email(c.store, email);
  if (is_taken_by_another(c, c.request.text_or_empty("system_id"), known)) return refuse(code::system_id_taken, email);
  if (!c.known.new_hash) return make_hash{password};
  if (known) return already_known(c, *known);

  const storage::user added = new_user(c, email);
  finish end =
      ending(answer::success(code::user_created, user_fields(added, true)), event_created, std::to_string(added.id));
  storage::add_user(end.tx, added);
  return end;
}

}  // namespace authnz::actors
