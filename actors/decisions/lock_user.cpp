// user-lock, internal-user-lock
#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/attempts.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

struct lock_request {
  std::string_view action;
  std::int64_t target;
  std::optional<session_and_user> caller;

  bool locks() const { return action == "lock"; }
  bool unlocks() const { return action == "unlock"; }
};

lock_request read_request(const context& c, std::optional<session_and_user> caller) {
  return {c.request.text("action"), c.request.integer("target_userid"), std::move(caller)};
}

finish ending(const lock_request& r, answer a) {
  return {.answer = std::move(a),
          .audit = {{r.unlocks() ? "user.unlocked" : "user.locked",
                     r.caller ? std::to_string(r.caller->user.id) : std::string(), std::to_string(r.target)}}};
}

finish refuse(const lock_request& r, code reason) { return ending(r, answer::failure(reason, no_user_info())); }

finish ending_with(const lock_request& r, code message, const std::string& info) {
  return ending(r, answer::success(message, object_text().raw("user_info", info).members()));
}

/// Nothing changes, but the record is written all the same: on a node of a
/// cluster the state may be some moments old, and then the commit fails, and
/// this is decided again.
finish leave(const context& c, const lock_request& r, const storage::user& as_it_is, code message) {
  finish end = ending_with(r, message, user_info(c.store, as_it_is, c.now));
  storage::replace_user(end.tx, as_it_is, as_it_is);
  return end;
}

finish lock(const context& c, const lock_request& r, const storage::user& before) {
  if (before.admin_locked) return leave(c, r, before, code::user_locked);
  storage::user after = before;
  after.admin_locked = true;
  after.updated = c.now;
  finish end = ending_with(r, code::user_locked, user_info(c.store, after, c.now));
  if (!leaves_a_superuser(c.store, end.tx, before, &after)) return refuse(r, code::last_superuser);
  end_sessions(end.tx, after, std::nullopt);
  storage::replace_user(end.tx, before, after);
  return end;
}

finish unlock(const context& c, const lock_request& r, const storage::user& before) {
  const auto failures = storage::find_attempts(c.store, before.email);
  if (!before.admin_locked && failures_so_far(c.store, before.email, c.now) == 0) {
    finish end = leave(c, r, before, code::user_unlocked);
    storage::expect_attempts(end.tx, before.email, failures);
    return end;
  }
  storage::user after = before;
  after.admin_locked = false;
  after.updated = c.now;
  finish end = ending_with(r, code::user_unlocked, user_info_without_failures(after));
  // An automatic lock that this node has not seen yet shall end, too.
  if (!failures) storage::expect_attempts(end.tx, before.email, failures);
  forget_failures(c, before.email, end);
  storage::replace_user(end.tx, before, after);
  return end;
}

step lock_or_unlock(const context& c, const lock_request& r) {
  const auto user = storage::find_user(c.store, r.target);
  if (!user) return refuse(r, code::user_not_found);
  finish end = r.locks() ? lock(c, r, *user) : unlock(c, r, *user);
  if (r.caller) expect_caller(end.tx, *r.caller);
  return end;
}

}  // namespace

std::string decision<request::user_lock>::fields_on_failure(const proto::call&) { return no_user_info(); }

step decision<request::user_lock>::decide(const context& c) {
  const lock_request r = read_request(c, live_session(c.store, c.request.text("session_token"), c.turn));
  if (c.request.text("user_role") != "superuser" || c.request.integer("user_id") == r.target)
    return refuse(r, code::not_allowed);
  if (!r.locks() && !r.unlocks()) return refuse(r, code::action_invalid);
  if (is_protected(r.target)) return refuse(r, code::protected_user);
  if (!r.caller) return refuse(r, code::session_not_found);
  if (!is_caller(*r.caller, c.request)) return refuse(r, code::not_allowed);
  return lock_or_unlock(c, r);
}

std::string decision<request::internal_user_lock>::fields_on_failure(const proto::call&) { return no_user_info(); }

step decision<request::internal_user_lock>::decide(const context& c) {
  const lock_request r = read_request(c, std::nullopt);
  if (!r.locks() && !r.unlocks()) return refuse(r, code::action_invalid);
  if (is_protected(r.target)) return refuse(r, code::protected_user);
  return lock_or_unlock(c, r);
}

}  // namespace authnz::actors
