#include "storage/session_store.hpp"

#include "storage/codec.hpp"

namespace authnz::storage {
namespace {

constexpr std::uint8_t session_version = 1;

std::string encode(const session& s) {
  return record_writer(session_version)
      .i64(s.user_id)
      .u64(s.epoch)
      .bytes(s.ip_address)
      .bytes(s.user_agent)
      .boolean(s.client_header)
      .time(s.created)
      .time(s.expires)
      .maybe_bytes(s.extra_info)
      .take();
}

session owned(const session_ref& s) {
  return {.key = std::string(s.key),
          .user_id = s.user_id,
          .epoch = s.epoch,
          .ip_address = std::string(s.ip_address),
          .user_agent = std::string(s.user_agent),
          .client_header = s.client_header,
          .created = s.created,
          .expires = s.expires,
          .extra_info = s.extra_info ? std::optional<std::string>(*s.extra_info) : std::nullopt,
          .revision = s.revision};
}

/// Calls back for the session that an index entry points to. The two are
/// written together, so an entry without its session is damage.
bool visit_indexed(const view& v, std::string_view index_key, const session_visitor& visit) {
  const auto found = find_session(v, index_key.substr(8));
  if (found) return visit(*found);
  v.report_fault();
  return true;
}

}  // namespace

std::optional<session_ref> decode_session(std::string_view value) {
  record_reader in(value, session_version);
  session_ref s;
  s.user_id = in.i64();
  s.epoch = in.u64();
  s.ip_address = in.bytes();
  s.user_agent = in.bytes();
  s.client_header = in.boolean();
  s.created = in.time();
  s.expires = in.time();
  s.extra_info = in.maybe_bytes();
  if (!in.finished()) return std::nullopt;
  return s;
}

std::optional<session_ref> peek_session(const view& v, std::string_view key) {
  const auto found = v.get(slice::sessions, key);
  if (!found) return std::nullopt;
  auto s = decode_session(found->value);
  if (!s) {
    v.report_fault();
    return std::nullopt;
  }
  s->key = key;
  s->revision = found->revision;
  return s;
}

std::optional<session> find_session(const view& v, std::string_view key) {
  const auto s = peek_session(v, key);
  if (!s) return std::nullopt;
  return owned(*s);
}

void for_each_session_of(const view& v, std::int64_t user_id, const session_visitor& visit) {
  for_each_session_of(v, user_id, {}, visit);
}

void for_each_session_of(const view& v, std::int64_t user_id, std::string_view from, const session_visitor& visit) {
  const auto prefix = sessions_by_user_key(user_id, "");
  v.scan(slice::sessions_by_user, prefix + std::string(from),
         [&](std::string_view key, const record&) { return key.starts_with(prefix) && visit_indexed(v, key, visit); });
}

void for_each_session(const view& v, std::string_view from, const session_visitor& visit) {
  v.scan(slice::sessions, from, [&](std::string_view key, const record&) {
    const auto s = find_session(v, key);
    return !s || visit(*s);
  });
}

void for_each_expired(const view& v, proto::timestamp before, const session_visitor& visit) {
  const auto end = sessions_by_expiry_key(before, "");
  v.scan(slice::sessions_by_expiry, {},
         [&](std::string_view key, const record&) { return key < end && visit_indexed(v, key, visit); });
}

void add_session(mini_transaction& tx, const session& added) {
  tx.expects.push_back({slice::sessions, added.key, 0});
  tx.writes.push_back({slice::sessions, added.key, encode(added)});
}

void replace_session(mini_transaction& tx, const session& before, const session& after) {
  tx.expects.push_back({slice::sessions, before.key, before.revision});
  tx.writes.push_back({slice::sessions, before.key, encode(after)});
}

void remove_session(mini_transaction& tx, const session& removed) {
  tx.expects.push_back({slice::sessions, removed.key, removed.revision});
  tx.writes.push_back({slice::sessions, removed.key, std::nullopt});
}

std::string sessions_by_user_key(std::int64_t user_id, std::string_view session_key) {
  std::string key;
  key.reserve(8 + session_key.size());
  append_u64(key, static_cast<std::uint64_t>(user_id));
  return key.append(session_key);
}

std::string sessions_by_expiry_key(proto::timestamp expires, std::string_view session_key) {
  std::string key;
  key.reserve(8 + session_key.size());
  append_u64(key, sortable(expires.time_since_epoch().count()));
  return key.append(session_key);
}

}  // namespace authnz::storage
