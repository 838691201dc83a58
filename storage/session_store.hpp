/// Sessions: the only code that knows the keys and records of the slice
/// `sessions` and the indexes derived from it.
///
/// Reading functions treat damaged records as absent and leave a fault in the
/// view. Whether a session is live is for the caller to judge: by its expiry,
/// and by its user's session epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/time.hpp"
#include "storage/transaction.hpp"

namespace authnz::storage {

/// `Text` is std::string, or std::string_view for a look at the record in
/// place, which is valid as long as the view.
template <class Text>
struct basic_session {
  Text key{};  ///< proto::token_key: creation time + hash of the token, 40 bytes
  std::int64_t user_id = 0;
  std::uint64_t epoch = 0;  ///< its user's session epoch when it was made
  Text ip_address{};
  Text user_agent{};
  bool client_header = false;  ///< user_agent was given under its other name
  proto::timestamp created{};
  proto::timestamp expires{};
  std::optional<Text> extra_info{};  ///< compact ASCII JSON text of an object
  std::uint64_t revision = 0;        ///< of the record that was read; not stored
};

using session = basic_session<std::string>;
using session_ref = basic_session<std::string_view>;

/// Returns whether to go on.
using session_visitor = std::function<bool(const session&)>;

std::optional<session> find_session(const view& v, std::string_view key);
/// As find_session, without a copy; its `key` is the caller's.
std::optional<session_ref> peek_session(const view& v, std::string_view key);

/// By ascending key, so the oldest first; dead ones too.
void for_each_session_of(const view& v, std::int64_t user_id, const session_visitor& visit);
/// The same from the first key that is not below `from`.
void for_each_session_of(const view& v, std::int64_t user_id, std::string_view from, const session_visitor& visit);
/// All sessions, from the first that is not below `from`.
void for_each_session(const view& v, std::string_view from, const session_visitor& visit);
/// Those with `expires` < `before`, by ascending expiry.
void for_each_expired(const view& v, proto::timestamp before, const session_visitor& visit);

// These append to a mini-transaction what the change expects and writes.

/// Expects that the key is absent.
void add_session(mini_transaction& tx, const session& added);
/// Expects that the record is still `before`; the key must be the same.
void replace_session(mini_transaction& tx, const session& before, const session& after);
/// Expects that the record is still `removed`.
void remove_session(mini_transaction& tx, const session& removed);

/// A record's value without its key and revision; nothing if it is damaged.
/// For what derives the indexes; the views point into `value`.
std::optional<session_ref> decode_session(std::string_view value);

/// Keys of the derived slices; both sort as their first field does.
std::string sessions_by_user_key(std::int64_t user_id, std::string_view session_key);
std::string sessions_by_expiry_key(proto::timestamp expires, std::string_view session_key);

}  // namespace authnz::storage
