#include "storage/user_store.hpp"

#include <vector>

#include "proto/token.hpp"
#include "storage/codec.hpp"
#include "storage/draft.hpp"

namespace authnz::storage {
namespace {

constexpr std::uint8_t user_version = 2;
constexpr std::uint8_t first_user_version = 1;  // without session_apikey_epoch
constexpr std::uint8_t claim_version = 1;

/// The first field says whether the user lives; a tombstone has no others.
std::string tombstone() { return record_writer(user_version).boolean(false).take(); }

std::string encode(const user& u) {
  return record_writer(user_version)
      .boolean(true)
      .bytes(u.system_id)
      .bytes(u.full_name)
      .bytes(u.email)
      .bytes(u.password_hash)
      .bytes(u.role)
      .boolean(u.verified)
      .boolean(u.email_verified)
      .boolean(u.active)
      .boolean(u.admin_locked)
      .time(u.created)
      .time(u.updated)
      .maybe_time(u.last_login_try)
      .maybe_time(u.last_login_success)
      .maybe_time(u.emailverify_sent)
      .maybe_time(u.emailforgotpass_sent)
      .maybe_bytes(u.extra_info)
      .i64(u.verify_retry_wait_hours)
      .u64(u.session_epoch)
      .u64(u.apikey_epoch)
      .u64(u.session_apikey_epoch)
      .take();
}

/// Those that every version has.
user_ref read_first_fields(record_reader& in) {
  user_ref u;
  u.system_id = in.bytes();
  u.full_name = in.bytes();
  u.email = in.bytes();
  u.password_hash = in.bytes();
  u.role = in.bytes();
  u.verified = in.boolean();
  u.email_verified = in.boolean();
  u.active = in.boolean();
  u.admin_locked = in.boolean();
  u.created = in.time();
  u.updated = in.time();
  u.last_login_try = in.maybe_time();
  u.last_login_success = in.maybe_time();
  u.emailverify_sent = in.maybe_time();
  u.emailforgotpass_sent = in.maybe_time();
  u.extra_info = in.maybe_bytes();
  u.verify_retry_wait_hours = in.i64();
  u.session_epoch = in.u64();
  u.apikey_epoch = in.u64();
  return u;
}

user_ref read_fields(record_reader& in) {
  auto u = read_first_fields(in);
  u.session_apikey_epoch = in.u64();
  return u;
}

/// Nothing for a tombstone, and, with a fault, for a damaged record.
std::optional<user_ref> decode(const view& v, std::string_view key, const record& found) {
  record_reader in(found.value, user_version);
  const bool lives = in.boolean();
  user_ref u;
  if (lives) u = read_fields(in);
  if (!in.finished() || key.size() != 8) {
    v.report_fault();
    return std::nullopt;
  }
  if (!lives) return std::nullopt;
  u.id = static_cast<std::int64_t>(leading_u64(key));
  u.revision = found.revision;
  return u;
}

user owned(const user_ref& u) {
  return {.id = u.id,
          .system_id = std::string(u.system_id),
          .full_name = std::string(u.full_name),
          .email = std::string(u.email),
          .password_hash = std::string(u.password_hash),
          .role = std::string(u.role),
          .verified = u.verified,
          .email_verified = u.email_verified,
          .active = u.active,
          .admin_locked = u.admin_locked,
          .created = u.created,
          .updated = u.updated,
          .last_login_try = u.last_login_try,
          .last_login_success = u.last_login_success,
          .emailverify_sent = u.emailverify_sent,
          .emailforgotpass_sent = u.emailforgotpass_sent,
          .extra_info = u.extra_info ? std::optional<std::string>(*u.extra_info) : std::nullopt,
          .verify_retry_wait_hours = u.verify_retry_wait_hours,
          .session_epoch = u.session_epoch,
          .apikey_epoch = u.apikey_epoch,
          .session_apikey_epoch = u.session_apikey_epoch,
          .revision = u.revision};
}

/// A record of the first version in the present one; nothing if it is damaged.
std::optional<std::string> upgraded(std::string_view value) {
  record_reader in(value, first_user_version);
  const bool lives = in.boolean();
  if (lives) read_first_fields(in);
  if (!in.finished()) return std::nullopt;
  auto out = record_writer(user_version).take().append(value.substr(1));
  if (lives) append_u64(out, 0);
  return out;
}

struct stored_user {
  std::string key;
  std::uint64_t revision = 0;
  std::string value;
};

/// Some of the records, from the first that is not below `from`.
std::vector<stored_user> some_users(const view& v, std::string_view from) {
  constexpr std::size_t most = 1000;
  std::vector<stored_user> some;
  v.scan(slice::users, from, [&](std::string_view key, const record& found) {
    some.push_back({std::string(key), found.revision, std::string(found.value)});
    return some.size() < most;
  });
  return some;
}

std::string encode_claim(std::int64_t owner) { return record_writer(claim_version).i64(owner).take(); }

std::optional<std::int64_t> claim_owner(const view& v, slice in, std::string_view text) {
  const auto found = v.get(in, claim_key(text));
  if (!found) return std::nullopt;
  record_reader fields(found->value, claim_version);
  const auto owner = fields.i64();
  if (fields.finished()) return owner;
  v.report_fault();
  return std::nullopt;
}

void add_claim(mini_transaction& tx, slice in, std::string_view text, std::int64_t owner) {
  auto key = claim_key(text);
  tx.expects.push_back({in, key, 0});
  tx.writes.push_back({in, std::move(key), encode_claim(owner)});
}

}  // namespace

std::string user_key(std::int64_t id) {
  std::string key;
  append_u64(key, static_cast<std::uint64_t>(id));
  return key;
}

// The hash fits LMDB's limit of keys whatever text a caller asks for.
std::string claim_key(std::string_view text) {
  const auto hash = proto::sha256(text);
  return {hash.begin(), hash.end()};
}

std::optional<user_ref> peek_user(const view& v, std::int64_t id) {
  const auto key = user_key(id);
  const auto found = v.get(slice::users, key);
  if (!found) return std::nullopt;
  return decode(v, key, *found);
}

std::optional<user> find_user(const view& v, std::int64_t id) {
  const auto u = peek_user(v, id);
  if (!u) return std::nullopt;
  return owned(*u);
}

std::optional<user> find_user_by_email(const view& v, std::string_view normalised_address) {
  const auto owner = claim_owner(v, slice::emails, normalised_address);
  if (!owner) return std::nullopt;
  auto u = find_user(v, *owner);
  if (u && u->email == normalised_address) return u;
  // Claims move together with their user, so this one is damaged.
  v.report_fault();
  return std::nullopt;
}

std::optional<std::int64_t> user_id_of_system_id(const view& v, std::string_view system_id) {
  return claim_owner(v, slice::system_ids, system_id);
}

std::int64_t next_user_id(const view& v) {
  const auto last = v.last_key(slice::users);
  if (!last) return 1;
  if (last->size() == 8) return static_cast<std::int64_t>(leading_u64(*last)) + 1;
  v.report_fault();
  return 1;
}

void for_each_user(const view& v, std::int64_t after, const std::function<bool(const user&)>& visit) {
  if (after == INT64_MAX) return;
  v.scan(slice::users, user_key(after < 0 ? 0 : after + 1), [&](std::string_view key, const record& found) {
    const auto u = decode(v, key, found);
    return !u || visit(owned(*u));
  });
}

void add_user(mini_transaction& tx, const user& added) {
  auto key = user_key(added.id);
  tx.expects.push_back({slice::users, key, 0});
  tx.writes.push_back({slice::users, std::move(key), encode(added)});
  add_claim(tx, slice::emails, added.email, added.id);
  add_claim(tx, slice::system_ids, added.system_id, added.id);
}

void replace_user(mini_transaction& tx, const user& before, const user& after) {
  expect_user(tx, before);
  tx.writes.push_back({slice::users, user_key(before.id), encode(after)});
  if (before.email == after.email) return;
  tx.writes.push_back({slice::emails, claim_key(before.email), std::nullopt});
  add_claim(tx, slice::emails, after.email, before.id);
}

void remove_user(mini_transaction& tx, const user& removed) {
  expect_user(tx, removed);
  tx.writes.push_back({slice::users, user_key(removed.id), tombstone()});
  tx.writes.push_back({slice::emails, claim_key(removed.email), std::nullopt});
}

void expect_user(mini_transaction& tx, const user& read) {
  tx.expects.push_back({slice::users, user_key(read.id), read.revision});
}

tl::expected<void, std::string> upgrade_users(draft& state) {
  std::string from;
  // Nobody writes to what is being visited, so a few are read before they are written.
  for (auto some = some_users(state, from); !some.empty(); some = some_users(state, from)) {
    for (const auto& old : some) {
      const auto value = upgraded(old.value);
      if (!value || old.key.size() != 8)
        return tl::make_unexpected<std::string>("the record of a user is damaged: restore it from a backup");
      state.put(slice::users, old.key, old.revision, *value);
    }
    from = some.back().key + '\0';
  }
  if (!state.fault()) return {};
  return tl::make_unexpected<std::string>("its users are not readable: restore it from a backup");
}

}  // namespace authnz::storage
