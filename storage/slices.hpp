/// What is known of each slice: its name on disk, whether it is derived, and
/// whose it is in a cluster.
#pragma once

#include <array>
#include <string_view>

#include "storage/transaction.hpp"

namespace authnz::storage {

/// In a cluster: whether a slice is one for all nodes, decided by the cluster's
/// engine, or every node has its own. Derived slices follow what they derive from.
enum class scope : std::uint8_t { cluster, node };

struct slice_row {
  slice id;
  const char* name;
  bool derived;  ///< kept by the store itself, see indexes.hpp and audit_store.hpp
  scope of = scope::cluster;
};

inline constexpr auto slice_table = std::to_array<slice_row>({
    {slice::users, "users", false},
    {slice::emails, "emails", false},
    {slice::system_ids, "system_ids", false},
    {slice::sessions, "sessions", false},
    {slice::attempts, "attempts", false},
    {slice::apikeys, "apikeys", false},
    {slice::apikey_families, "apikey_families", false},
    {slice::outbox, "outbox", false},
    {slice::ratelimits, "ratelimits", false, scope::node},
    {slice::meta, "meta", false, scope::node},
    {slice::sessions_by_user, "sessions_by_user", true},
    {slice::sessions_by_expiry, "sessions_by_expiry", true},
    {slice::apikeys_by_user, "apikeys_by_user", true},
    {slice::apikeys_by_expiry, "apikeys_by_expiry", true},
    {slice::apikeys_by_family, "apikeys_by_family", true},
    {slice::audit, "audit", true, scope::node},
    {slice::marks, "marks", false},
});

constexpr std::size_t index_of(slice s) { return static_cast<std::size_t>(s); }
constexpr const slice_row& row(slice s) { return slice_table[index_of(s)]; }

constexpr bool slice_table_is_in_order() {
  for (std::size_t i = 0; i < slice_table.size(); ++i)
    if (index_of(slice_table[i].id) != i) return false;
  return slice_table.size() == slice_count;
}
static_assert(slice_table_is_in_order(), "slice_table needs one row a slice, in the enum's order");

/// The store's own records in the slice `meta`; mini-transactions may not
/// touch them.
inline constexpr std::string_view format_key = "format";          ///< value: the format's number, 8 bytes big endian
inline constexpr std::string_view revision_key = "revision";      ///< its revision is the last one given; no value
inline constexpr std::string_view projection_key = "projection";  ///< see projection.hpp

/// Whose a mini-transaction is in a cluster.
enum class transaction_scope : std::uint8_t { cluster, node, mixed };

/// By the slices that it expects and writes. Events ride with either; alone
/// they are the node's. What it forgets of the audit trail is always the node's.
constexpr transaction_scope scope_of(const mini_transaction& tx) {
  bool cluster = false;
  bool node = tx.forget_events.has_value();
  const auto look = [&](const auto& parts) {
    for (const auto& part : parts) (row(part.in).of == scope::cluster ? cluster : node) = true;
  };
  look(tx.expects);
  look(tx.writes);
  if (cluster && node) return transaction_scope::mixed;
  return cluster ? transaction_scope::cluster : transaction_scope::node;
}

}  // namespace authnz::storage
