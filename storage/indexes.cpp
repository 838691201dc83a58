#include "storage/indexes.hpp"

#include <algorithm>
#include <iterator>

#include "storage/apikey_store.hpp"
#include "storage/session_store.hpp"

namespace authnz::storage {
namespace {

using entries = std::vector<index_entry>;

std::optional<entries> entries_of_session(std::string_view key, std::string_view value) {
  const auto s = decode_session(value);
  if (!s) return std::nullopt;
  return entries{{slice::sessions_by_user, sessions_by_user_key(s->user_id, key)},
                 {slice::sessions_by_expiry, sessions_by_expiry_key(s->expires, key)}};
}

std::optional<entries> entries_of_apikey(std::string_view key, std::string_view value) {
  const auto k = decode_apikey(value);
  if (!k) return std::nullopt;
  entries all{{slice::apikeys_by_user, apikeys_by_user_key(k->user_id, key)},
              {slice::apikeys_by_expiry, apikeys_by_expiry_key(k->outlived(), key)}};
  if (const auto& r = k->refreshed_by) all.push_back({slice::apikeys_by_family, apikeys_by_family_key(r->family, key)});
  return all;
}

/// Nothing if the record is damaged.
std::optional<entries> entries_of(slice in, std::string_view key, std::optional<std::string_view> value) {
  if (!value) return entries{};
  if (in == slice::sessions) return entries_of_session(key, *value);
  if (in == slice::apikeys) return entries_of_apikey(key, *value);
  return entries{};
}

entries without(const entries& all, const entries& others) {
  entries rest;
  std::ranges::copy_if(all, std::back_inserter(rest),
                       [&](const index_entry& e) { return std::ranges::find(others, e) == others.end(); });
  return rest;
}

}  // namespace

std::optional<index_changes> derive_indexes(slice in, std::string_view key, std::optional<std::string_view> before,
                                            std::optional<std::string_view> after) {
  const auto old = entries_of(in, key, before);
  const auto now = entries_of(in, key, after);
  if (!old || !now) return std::nullopt;
  return index_changes{.gone = without(*old, *now), .made = without(*now, *old)};
}

}  // namespace authnz::storage
