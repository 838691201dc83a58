/// API keys: the only code that knows the keys and records of the slices
/// `apikeys` and `apikey_families` and the indexes derived from them.
///
/// Reading functions treat damaged records as absent and leave a fault in the
/// view. Whether a key is valid is for the caller to judge.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/time.hpp"
#include "storage/transaction.hpp"

namespace authnz::storage {

inline constexpr std::size_t apikey_key_size = 40;

/// What a key without a session has, and one that is tied to a session has not.
struct refresh {
  std::string family;      ///< key of the family's first API key, 40 bytes
  std::string token_hash;  ///< SHA-256 of the refresh token
  proto::timestamp not_before{};
  proto::timestamp expires{};
  bool used = false;  ///< the API key and its refresh token were exchanged for new ones
};

struct apikey {
  std::string key;  ///< proto::token_key of the claim `tkn`, 40 bytes
  std::int64_t user_id = 0;
  std::uint64_t epoch = 0;  ///< its user's apikey_epoch, or session_apikey_epoch, when it was made
  std::string role;         ///< the claim `rol`
  std::string claims;       ///< compact ASCII JSON text of all claims but `tkn`, in their order
  proto::timestamp not_before{};
  proto::timestamp expires{};
  std::string session;                  ///< key of the session that it is tied to; empty = without a session
  std::optional<refresh> refreshed_by;  ///< there, exactly when it is without a session
  std::uint64_t revision = 0;           ///< of the record that was read; not stored

  /// When it is of no use any more: neither key nor refresh token can be valid.
  proto::timestamp outlived() const;
};

/// All keys that were refreshed from one. Revoking the family is erasing it.
struct apikey_family {
  std::string key;  ///< of its first API key, 40 bytes
  std::int64_t user_id = 0;
  std::uint64_t revision = 0;  ///< of the record that was read; not stored
};

std::optional<apikey> find_apikey(const view& v, std::string_view key);
std::optional<apikey_family> find_family(const view& v, std::string_view key);

/// Returns whether to go on.
using apikey_visitor = std::function<bool(const apikey&)>;
/// By ascending key, so the oldest first; dead ones too.
void for_each_apikey_of(const view& v, std::int64_t user_id, const apikey_visitor& visit);
/// The same from the first key that is not below `from`.
void for_each_apikey_of(const view& v, std::int64_t user_id, std::string_view from, const apikey_visitor& visit);
/// Those of a family, by ascending key; used ones too.
void for_each_apikey_in(const view& v, std::string_view family, const apikey_visitor& visit);
/// Those with `outlived()` < `before`, by ascending time.
void for_each_outlived_apikey(const view& v, proto::timestamp before, const apikey_visitor& visit);
/// All keys, from the first that is not below `from`.
void for_each_apikey(const view& v, std::string_view from, const apikey_visitor& visit);
void for_each_family(const view& v, std::string_view from, const std::function<bool(const apikey_family&)>& visit);

// These append to a mini-transaction what the change expects and writes.

void add_apikey(mini_transaction& tx, const apikey& added);
void replace_apikey(mini_transaction& tx, const apikey& before, const apikey& after);
void remove_apikey(mini_transaction& tx, const apikey& removed);
void add_family(mini_transaction& tx, const apikey_family& added);
/// Expects that the family is still as it was read, without writing it.
void expect_family(mini_transaction& tx, const apikey_family& read);
void remove_family(mini_transaction& tx, const apikey_family& removed);

/// Index entries' keys; they sort as their first field does.
std::string apikeys_by_user_key(std::int64_t user_id, std::string_view apikey_key);
std::string apikeys_by_expiry_key(proto::timestamp outlived, std::string_view apikey_key);
std::string apikeys_by_family_key(std::string_view family, std::string_view apikey_key);

/// A record's value without its key and revision; nothing if it is damaged.
std::optional<apikey> decode_apikey(std::string_view value);

}  // namespace authnz::storage
