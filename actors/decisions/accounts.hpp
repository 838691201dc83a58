/// What several decisions share: live sessions, users as they are presented,
/// superusers (contract, sections 6 and 7.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/step.hpp"
#include "proto/json_text.hpp"
#include "storage/session_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

inline constexpr std::int64_t anonymous_user_id = 2;
inline constexpr std::int64_t locked_user_id = 3;

/// Users 2 and 3, which cannot be changed.
constexpr bool is_protected(std::int64_t user_id) { return user_id == anonymous_user_id || user_id == locked_user_id; }

/// A session and its user, valid as long as the view.
struct session_and_user {
  storage::session_ref session;
  storage::user_ref user;
  std::string key;
};

/// The session of a token that was not ended, expired or not.
std::optional<session_and_user> known_session(const storage::view& store, std::string_view token);
/// The same by the session's key, as records that are tied to it know it.
std::optional<session_and_user> session_of_key(const storage::view& store, std::string key);
/// The session of a token, if it has not expired.
std::optional<session_and_user> live_session(const storage::view& store, std::string_view token, proto::timestamp now);

/// Members of `session_info` that are the session's own (contract, 6.4).
void add_session_part(proto::object_text& out, std::string_view token, const storage::session_ref& s);
/// Those of its user.
void add_user_part(proto::object_text& out, const storage::user_ref& u);

/// `user_info` as JSON text (contract, 6.3), with the automatic lock as it is now.
std::string user_info(const storage::view& store, const storage::user& u, proto::timestamp now);
/// The same as it is once the account's counter and automatic lock are removed.
std::string user_info_without_failures(const storage::user& u);
/// The field `user_info` as null.
std::string no_user_info();

/// `is_active` and `user_role` as user_info presents them.
struct presented {
  bool active;
  std::string role;
};
presented present(const storage::view& store, const storage::user& u, proto::timestamp now);

/// Whether a caller is whom the request says: a user in good standing with that
/// stored role.
bool stands_in_role(const storage::view& store, std::int64_t user_id, std::string_view role);

/// Whether a user counts as a superuser that somebody must remain.
bool is_acting_superuser(const storage::user& u);
/// Another superuser in good standing than `but`; nothing if that is the last.
/// The caller's transaction should expect it (expect_user).
std::optional<storage::user> another_superuser(const storage::view& store, std::int64_t but);
/// Whether a superuser in good standing remains when `before` becomes `after`,
/// or, where that is null, is deleted. If it takes another one, `tx` expects
/// that one as it is: of two who go at once, relying on each other, one stays.
bool leaves_a_superuser(const storage::view& store, storage::mini_transaction& tx, const storage::user& before,
                        const storage::user* after);

/// Whether a session is of the request's `user_id`, and that user in good
/// standing with `user_role` as the stored role.
bool is_caller(const session_and_user& s, const proto::call& request);
/// Lets a transaction hold only as long as the caller is as it was judged.
void expect_caller(storage::mini_transaction& tx, const session_and_user& caller);

/// Ends all sessions of a user by a new epoch, within `after`. A session to
/// keep is moved to that epoch.
void end_sessions(storage::mini_transaction& tx, storage::user& after, const std::optional<session_and_user>& keep);

/// `user_id` and `email` as the request gave them, for answers that echo both.
std::string id_and_email(const proto::call& request);

/// An end that echoes them, audited as `event` by and of that user.
finish ending_with_echo(const context& c, proto::answer a, std::string_view event);

/// A copy that outlives the view.
storage::session owned(const storage::session_ref& s);

}  // namespace authnz::actors
