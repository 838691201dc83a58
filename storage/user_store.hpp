/// Users: the only code that knows the keys and records of the slices
/// `users`, `emails` and `system_ids`.
///
/// E-mail addresses and system ids are claims: a record of their own that says
/// whose they are, so that uniqueness is an expectation like any other. Reading
/// functions treat damaged records as absent and leave a fault in the view.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/time.hpp"
#include "storage/transaction.hpp"

namespace authnz::storage {

class draft;

/// `Text` is std::string, or std::string_view for a look at the record in
/// place, which is valid as long as the view.
template <class Text>
struct basic_user {
  std::int64_t id = 0;
  Text system_id{};
  Text full_name{};             ///< stored form (contract, section 7.3)
  Text email{};                 ///< normalised (contract, section 7.2)
  Text password_hash{};         ///< PHC string; empty = none that verifies
  Text role{};                  ///< as stored; locks do not change it
  bool verified = false;        ///< ever since sign-up
  bool email_verified = false;  ///< the present address
  bool active = true;
  bool admin_locked = false;
  proto::timestamp created{};
  proto::timestamp updated{};
  std::optional<proto::timestamp> last_login_try{};
  std::optional<proto::timestamp> last_login_success{};
  std::optional<proto::timestamp> emailverify_sent{};
  std::optional<proto::timestamp> emailforgotpass_sent{};
  std::optional<Text> extra_info{};  ///< compact ASCII JSON text of an object
  std::int64_t verify_retry_wait_hours = 6;
  std::uint64_t session_epoch = 0;         ///< sessions of another epoch are dead
  std::uint64_t apikey_epoch = 0;          ///< API keys without a session, of another epoch, are dead
  std::uint64_t session_apikey_epoch = 0;  ///< the same for those that are tied to a session
  std::uint64_t revision = 0;              ///< of the record that was read; not stored

  bool in_good_standing() const { return verified && active && !admin_locked; }
};

using user = basic_user<std::string>;
using user_ref = basic_user<std::string_view>;

/// Deleted users are not found.
std::optional<user> find_user(const view& v, std::int64_t id);
std::optional<user> find_user_by_email(const view& v, std::string_view normalised_address);
/// As find_user, without a copy.
std::optional<user_ref> peek_user(const view& v, std::int64_t id);

/// Whose the system id is, or was: those of deleted users stay taken.
std::optional<std::int64_t> user_id_of_system_id(const view& v, std::string_view system_id);

/// The greatest id ever used + 1; 1 in an empty store.
std::int64_t next_user_id(const view& v);

/// Visits users by ascending id, those above `after` (0 = all); the visitor
/// returns whether to go on.
void for_each_user(const view& v, std::int64_t after, const std::function<bool(const user&)>& visit);

// These append to a mini-transaction what the change expects and writes.

/// Expects that id, address and system id were never used, or freed.
void add_user(mini_transaction& tx, const user& added);
/// Expects that the record is still `before`. The address may change, if the
/// new one is free; id and system id may not.
void replace_user(mini_transaction& tx, const user& before, const user& after);
/// Expects that the record is still `removed`. Its address is free again, its
/// id and system id stay taken.
void remove_user(mini_transaction& tx, const user& removed);

/// Expects that the user is still as it was read, without writing it: for
/// changes elsewhere that hold only as long as that is so.
void expect_user(mini_transaction& tx, const user& read);

/// For what checks a store: where the record of a user is, and the claim of an
/// address or a system id.
std::string user_key(std::int64_t id);
std::string claim_key(std::string_view text);

/// The step from a store's format 1 to 2: users get a session_apikey_epoch.
/// Their records keep their revisions. A damaged record is an error.
tl::expected<void, std::string> upgrade_users(draft& state);

}  // namespace authnz::storage
