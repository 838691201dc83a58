#include "storage/apikey_store.hpp"

#include <algorithm>

#include "storage/codec.hpp"

namespace authnz::storage {
namespace {

constexpr std::uint8_t apikey_version = 1;
constexpr std::uint8_t family_version = 1;

std::string encode(const apikey& k) {
  record_writer out(apikey_version);
  out.i64(k.user_id)
      .u64(k.epoch)
      .bytes(k.role)
      .bytes(k.claims)
      .time(k.not_before)
      .time(k.expires)
      .bytes(k.session)
      .boolean(k.refreshed_by.has_value());
  if (const auto& r = k.refreshed_by)
    out.bytes(r->family).bytes(r->token_hash).time(r->not_before).time(r->expires).boolean(r->used);
  return out.take();
}

refresh read_refresh(record_reader& in) {
  refresh r;
  r.family = in.bytes();
  r.token_hash = in.bytes();
  r.not_before = in.time();
  r.expires = in.time();
  r.used = in.boolean();
  return r;
}

/// An API key is either tied to a session or one of a family.
bool is_consistent(const apikey& k) {
  if (!k.refreshed_by) return !k.session.empty();
  return k.session.empty() && k.refreshed_by->family.size() == apikey_key_size;
}

std::optional<apikey> sound_apikey(const view& v, std::string_view key, const record& found) {
  auto k = decode_apikey(found.value);
  if (!k) {
    v.report_fault();
    return std::nullopt;
  }
  k->key = key;
  k->revision = found.revision;
  return k;
}

std::optional<apikey_family> sound_family(const view& v, std::string_view key, const record& found) {
  record_reader in(found.value, family_version);
  const auto user_id = in.i64();
  if (in.finished()) return apikey_family{std::string(key), user_id, found.revision};
  v.report_fault();
  return std::nullopt;
}

/// Calls back for the API key that an index entry points to. The two are
/// written together, so an entry without its API key is damage.
bool visit_indexed(const view& v, std::string_view apikey_key, const apikey_visitor& visit) {
  const auto found = v.get(slice::apikeys, apikey_key);
  if (!found) {
    v.report_fault();
    return true;
  }
  const auto k = sound_apikey(v, apikey_key, *found);
  return !k || visit(*k);
}

void visit_prefixed(const view& v, slice index, const std::string& prefix, std::string_view from,
                    const apikey_visitor& visit) {
  v.scan(index, prefix + std::string(from), [&](std::string_view key, const record&) {
    return key.starts_with(prefix) && visit_indexed(v, key.substr(prefix.size()), visit);
  });
}

}  // namespace

proto::timestamp apikey::outlived() const {
  if (!refreshed_by) return expires;
  return refreshed_by->used ? refreshed_by->expires : std::max(expires, refreshed_by->expires);
}

std::optional<apikey> decode_apikey(std::string_view value) {
  record_reader in(value, apikey_version);
  apikey k;
  k.user_id = in.i64();
  k.epoch = in.u64();
  k.role = in.bytes();
  k.claims = in.bytes();
  k.not_before = in.time();
  k.expires = in.time();
  k.session = in.bytes();
  if (in.boolean()) k.refreshed_by = read_refresh(in);
  if (!in.finished() || !is_consistent(k)) return std::nullopt;
  return k;
}

std::optional<apikey> find_apikey(const view& v, std::string_view key) {
  const auto found = v.get(slice::apikeys, key);
  if (!found) return std::nullopt;
  return sound_apikey(v, key, *found);
}

std::optional<apikey_family> find_family(const view& v, std::string_view key) {
  const auto found = v.get(slice::apikey_families, key);
  if (!found) return std::nullopt;
  return sound_family(v, key, *found);
}

void for_each_apikey_of(const view& v, std::int64_t user_id, const apikey_visitor& visit) {
  for_each_apikey_of(v, user_id, {}, visit);
}

void for_each_apikey_of(const view& v, std::int64_t user_id, std::string_view from, const apikey_visitor& visit) {
  visit_prefixed(v, slice::apikeys_by_user, apikeys_by_user_key(user_id, ""), from, visit);
}

void for_each_apikey_in(const view& v, std::string_view family, const apikey_visitor& visit) {
  visit_prefixed(v, slice::apikeys_by_family, apikeys_by_family_key(family, ""), {}, visit);
}

void for_each_outlived_apikey(const view& v, proto::timestamp before, const apikey_visitor& visit) {
  const auto end = apikeys_by_expiry_key(before, "");
  v.scan(slice::apikeys_by_expiry, {},
         [&](std::string_view key, const record&) { return key < end && visit_indexed(v, key.substr(8), visit); });
}

void for_each_apikey(const view& v, std::string_view from, const apikey_visitor& visit) {
  v.scan(slice::apikeys, from, [&](std::string_view key, const record& found) {
    const auto k = sound_apikey(v, key, found);
    return !k || visit(*k);
  });
}

void for_each_family(const view& v, std::string_view from, const std::function<bool(const apikey_family&)>& visit) {
  v.scan(slice::apikey_families, from, [&](std::string_view key, const record& found) {
    const auto f = sound_family(v, key, found);
    return !f || visit(*f);
  });
}

void add_apikey(mini_transaction& tx, const apikey& added) {
  tx.expects.push_back({slice::apikeys, added.key, 0});
  tx.writes.push_back({slice::apikeys, added.key, encode(added)});
}

void replace_apikey(mini_transaction& tx, const apikey& before, const apikey& after) {
  tx.expects.push_back({slice::apikeys, before.key, before.revision});
  tx.writes.push_back({slice::apikeys, before.key, encode(after)});
}

void remove_apikey(mini_transaction& tx, const apikey& removed) {
  tx.expects.push_back({slice::apikeys, removed.key, removed.revision});
  tx.writes.push_back({slice::apikeys, removed.key, std::nullopt});
}

void add_family(mini_transaction& tx, const apikey_family& added) {
  tx.expects.push_back({slice::apikey_families, added.key, 0});
  tx.writes.push_back({slice::apikey_families, added.key, record_writer(family_version).i64(added.user_id).take()});
}

void expect_family(mini_transaction& tx, const apikey_family& read) {
  tx.expects.push_back({slice::apikey_families, read.key, read.revision});
}

void remove_family(mini_transaction& tx, const apikey_family& removed) {
  expect_family(tx, removed);
  tx.writes.push_back({slice::apikey_families, removed.key, std::nullopt});
}

std::string apikeys_by_user_key(std::int64_t user_id, std::string_view apikey_key) {
  std::string key;
  key.reserve(8 + apikey_key.size());
  append_u64(key, static_cast<std::uint64_t>(user_id));
  return key.append(apikey_key);
}

std::string apikeys_by_expiry_key(proto::timestamp outlived, std::string_view apikey_key) {
  std::string key;
  key.reserve(8 + apikey_key.size());
  append_u64(key, sortable(outlived.time_since_epoch().count()));
  return key.append(apikey_key);
}

std::string apikeys_by_family_key(std::string_view family, std::string_view apikey_key) {
  return std::string(family).append(apikey_key);
}

}  // namespace authnz::storage
