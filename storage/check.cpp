#include "storage/check.hpp"

#include <algorithm>
#include <utility>

#include "storage/apikey_store.hpp"
#include "storage/attempts_store.hpp"
#include "storage/audit_store.hpp"
#include "storage/codec.hpp"
#include "storage/indexes.hpp"
#include "storage/migrate.hpp"
#include "storage/outbox_store.hpp"
#include "storage/projection.hpp"
#include "storage/ratelimit_store.hpp"
#include "storage/record_digest.hpp"
#include "storage/session_store.hpp"
#include "storage/slices.hpp"
#include "storage/user_store.hpp"

namespace authnz::storage {
namespace {

constexpr std::size_t token_key_size = 40;
constexpr std::size_t hash_size = 32;
constexpr std::size_t user_key_size = 8;
constexpr std::size_t mail_key_size = 24;
constexpr std::uint64_t records_a_part = 5'000;

/// One record as a store of its own, so that the store's readers judge it and
/// a fault is its own.
class lone_record final : public view {
 public:
  lone_record(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  std::optional<record> get(slice, std::string_view) const override { return record{1, value_}; }
  void scan(slice, std::string_view, const visitor& visit) const override { visit(key_, record{1, value_}); }
  std::optional<std::string> last_key(slice) const override { return std::string(key_); }

 private:
  std::string_view key_;
  std::string_view value_;
};

enum class life : std::uint8_t { absent, damaged, deleted, lives };

struct owner {
  life is = life::absent;
  user_ref fields{};  ///< of one who lives
};

owner read_user(std::string_view key, std::string_view value) {
  if (key.size() != user_key_size) return {life::damaged};
  const lone_record alone(key, value);
  const auto found = peek_user(alone, static_cast<std::int64_t>(leading_u64(key)));
  if (alone.fault()) return {life::damaged};
  return found ? owner{life::lives, *found} : owner{life::deleted};
}

/// Damaged records too, as of revision 0, and without a fault.
std::optional<record> find(const view& v, slice in, std::string_view key) {
  std::optional<record> found;
  v.scan_all(in, key, [&](std::string_view at, const record& r) {
    if (at == key) found = r;
    return false;
  });
  return found;
}

owner find_owner(const view& v, std::int64_t id) {
  const auto key = user_key(id);
  const auto found = find(v, slice::users, key);
  if (!found) return {life::absent};
  // A damaged record of a user is told of once, not with all that is theirs.
  return found->revision == 0 ? owner{life::damaged} : read_user(key, found->value);
}

/// Looks at records of one state.
class checker {
 public:
  checker(const view& v, check_report& into) : v_(v), report_(into), mark_(read_projection_mark(v)) {
    const auto counter = find(v, slice::meta, revision_key);
    // A store that is not on disk notes neither.
    const bool notes_it = find(v, slice::meta, format_key).has_value();
    own_revision_ = counter ? counter->revision : notes_it ? 0 : UINT64_MAX;
  }

  void look_at(slice in, std::string_view key, const record& r) {
    ++report_.records;
    if (r.revision == 0) return note(in, key, "has no revision");
    if (r.revision > last_revision(in)) note(in, key, "is of a revision that is yet to come");
    if (const auto size = key_size(in, key); size != 0 && key.size() != size)
      return note(in, key, "has a key of a wrong size");
    look_into(in, key, r.value);
  }

  void note(slice in, std::string_view key, std::string what) {
    ++report_.faults;
    if (report_.findings.size() < most_findings) report_.findings.push_back({in, std::string(key), std::move(what)});
  }

 private:
  std::uint64_t last_revision(slice in) const {
    if (in == slice::meta || in == slice::audit || row(in).of != scope::cluster) return UINT64_MAX;
    if (!mark_.whole) return UINT64_MAX;
    return mark_.cluster.empty() ? own_revision_ : mark_.applied;
  }

  /// 0 = any.
  static std::size_t key_size(slice in, std::string_view key) {
    switch (in) {
      case slice::users: return user_key_size;
      case slice::emails:
      case slice::system_ids:
      case slice::attempts: return hash_size;
      case slice::sessions:
      case slice::apikeys:
      case slice::apikey_families: return token_key_size;
      case slice::outbox: return mail_key_size;
      case slice::ratelimits: return is_rate_secret(key) ? 0 : 16;
      case slice::sessions_by_user:
      case slice::sessions_by_expiry:
      case slice::apikeys_by_user:
      case slice::apikeys_by_expiry: return 8 + token_key_size;
      case slice::apikeys_by_family: return 2 * token_key_size;
      default: return 0;
    }
  }

  void look_into(slice in, std::string_view key, std::string_view value) {
    switch (in) {
      case slice::users: return look_at_user(key, value);
      case slice::emails:
      case slice::system_ids: return look_at_claim(in, key, value);
      case slice::sessions: return look_at_session(key, value);
      case slice::apikeys: return look_at_apikey(key, value);
      case slice::apikey_families: return look_at_family(key, value);
      case slice::attempts: return expect(find_attempts(lone_record(key, value), "").has_value(), in, key);
      case slice::outbox: return expect(find_mail(lone_record(key, value), key).has_value(), in, key);
      case slice::ratelimits: return look_at_bucket(key, value);
      case slice::meta: return look_at_own(key, value);
      case slice::sessions_by_user:
      case slice::sessions_by_expiry: return look_at_entry(in, key, slice::sessions);
      case slice::apikeys_by_user:
      case slice::apikeys_by_expiry:
      case slice::apikeys_by_family: return look_at_entry(in, key, slice::apikeys);
      case slice::audit:
      case slice::marks:
      case slice::count_: return;
    }
  }

  void expect(bool readable, slice in, std::string_view key) {
    if (!readable) note(in, key, "cannot be read");
  }

  void look_at_user(std::string_view key, std::string_view value) {
    const auto found = read_user(key, value);
    if (found.is == life::damaged) return note(slice::users, key, "cannot be read");
    if (found.is != life::lives) return;
    look_for_claim(slice::emails, key, found.fields.email, "of the address");
    look_for_claim(slice::system_ids, key, found.fields.system_id, "of the system id");
  }

  void look_for_claim(slice in, std::string_view user, std::string_view text, const std::string& whose) {
    const auto claim = find(v_, in, claim_key(text));
    if (!claim) return note(slice::users, user, "has no claim " + whose);
    const lone_record alone({}, claim->value);
    const auto holder = user_id_of_system_id(alone, {});
    if (holder && user_key(*holder) != user) note(slice::users, user, "has a claim " + whose + " that is another's");
  }

  void look_at_claim(slice in, std::string_view key, std::string_view value) {
    const auto holder = user_id_of_system_id(lone_record(key, value), {});
    if (!holder) return note(in, key, "cannot be read");
    const auto user = find_owner(v_, *holder);
    // The system ids of deleted users stay taken.
    const bool may_be_deleted = in == slice::system_ids;
    if (user.is == life::absent || (user.is == life::deleted && !may_be_deleted))
      return note(in, key, "is the claim of a user who does not exist");
    if (user.is != life::lives) return;
    const auto text = in == slice::emails ? user.fields.email : user.fields.system_id;
    if (claim_key(text) != key) note(in, key, "is the claim of a user who has another");
  }

  /// The user of a session, of an API key or of a family, who may be deleted: the sweeper comes later.
  owner owner_of(slice in, std::string_view key, std::int64_t id) {
    auto user = find_owner(v_, id);
    if (user.is == life::absent) note(in, key, "belongs to a user who never was");
    return user;
  }

  void look_at_session(std::string_view key, std::string_view value) {
    const auto s = decode_session(value);
    if (!s) return note(slice::sessions, key, "cannot be read");
    const auto user = owner_of(slice::sessions, key, s->user_id);
    if (user.is == life::lives && s->epoch > user.fields.session_epoch)
      note(slice::sessions, key, "is of an epoch that is yet to come");
    look_for_entries(slice::sessions, key, value);
  }

  void look_at_apikey(std::string_view key, std::string_view value) {
    const auto k = decode_apikey(value);
    if (!k) return note(slice::apikeys, key, "cannot be read");
    const auto user = owner_of(slice::apikeys, key, k->user_id);
    const auto epoch = k->refreshed_by ? user.fields.apikey_epoch : user.fields.session_apikey_epoch;
    if (user.is == life::lives && k->epoch > epoch) note(slice::apikeys, key, "is of an epoch that is yet to come");
    look_for_entries(slice::apikeys, key, value);
    if (!k->refreshed_by) return;
    // A family that was revoked is gone before its keys.
    const auto stored = find(v_, slice::apikey_families, k->refreshed_by->family);
    if (!stored) return;
    const auto family = find_family(lone_record({}, stored->value), k->refreshed_by->family);
    if (family && family->user_id != k->user_id) note(slice::apikeys, key, "is of a family of another user");
  }

  void look_at_family(std::string_view key, std::string_view value) {
    const auto f = find_family(lone_record(key, value), key);
    if (!f) return note(slice::apikey_families, key, "cannot be read");
    owner_of(slice::apikey_families, key, f->user_id);
  }

  static bool is_rate_secret(std::string_view key) { return key == "secret"; }

  void look_at_bucket(std::string_view key, std::string_view value) {
    const lone_record alone(key, value);
    if (is_rate_secret(key)) return expect(find_rate_secret(alone).has_value(), slice::ratelimits, key);
    for_each_rate_bucket(alone, [](const rate_bucket&) { return true; });
    expect(!alone.fault(), slice::ratelimits, key);
  }

  void look_at_own(std::string_view key, std::string_view value) {
    const lone_record alone(key, value);
    if (key == format_key) return expect(stored_format(alone) != 0, slice::meta, key);
    if (key == audit_anchor_key) return audit_anchor(alone), expect(!alone.fault(), slice::meta, key);
    if (key != projection_key) return;
    const auto mark = read_projection_mark(alone);
    if (alone.fault()) return note(slice::meta, key, "cannot be read");
    if (!mark.whole) note(slice::meta, key, "tells of a rebuild from the cluster that is not finished");
  }

  void look_for_entries(slice in, std::string_view key, std::string_view value) {
    const auto entries = derive_indexes(in, key, std::nullopt, value);
    if (!entries) return;
    for (const auto& entry : entries->made)
      if (!find(v_, entry.in, entry.key)) note(in, key, std::string("is missing in the index ") + row(entry.in).name);
  }

  void look_at_entry(slice index, std::string_view entry, slice in) {
    const auto key = entry.substr(entry.size() - token_key_size);
    const auto found = find(v_, in, key);
    if (!found) return note(index, entry, "leads to a record that is not there");
    const auto entries = derive_indexes(in, key, std::nullopt, found->value);
    if (!entries) return;
    const auto same = [&](const index_entry& made) { return made.in == index && made.key == entry; };
    if (std::ranges::none_of(entries->made, same))
      note(index, entry, "leads to a record that is elsewhere in the index");
  }

  const view& v_;
  check_report& report_;
  projection_mark mark_;
  std::uint64_t own_revision_ = 0;
};

/// Where to go on in the trail; from its anchor at first, and when what was
/// seen was forgotten meanwhile.
audit_end begin_of_trail(const view& v, std::string_view from) {
  auto anchor = audit_anchor(v);
  if (from.size() != 8 + audit_hash_size || leading_u64(from) < anchor.number) return anchor;
  return {leading_u64(from), std::string(from.substr(8))};
}

/// The position in the trail to go on from; nothing at its end or where it breaks.
std::optional<std::string> check_trail(const view& v, const std::string& from, std::uint64_t most, checker& all,
                                       check_report& report) {
  const auto walk = verify_audit(v, begin_of_trail(v, from), most);
  report.records += walk.records;
  std::string key;
  append_u64(key, walk.broken ? walk.broken->number : walk.end.number);
  if (walk.broken) return all.note(slice::audit, key, "breaks the chain: " + walk.broken->why), std::nullopt;
  if (walk.complete) return std::nullopt;
  return key + walk.end.hash;
}

std::optional<std::string> check_slice(const view& v, slice in, const std::string& from, std::uint64_t most,
                                       checker& all, check_report& report) {
  if (in == slice::audit) return check_trail(v, from, most, all, report);
  const auto end = report.records + most;
  std::optional<std::string> next;
  const bool readable = v.scan_all(in, from, [&](std::string_view key, const record& r) {
    if (report.records == end) return next = key, false;
    all.look_at(in, key, r);
    return true;
  });
  if (!readable) all.note(in, {}, std::string("cannot be read to its end: the slice ") + row(in).name);
  return next;
}

void merge(check_report& all, check_report&& some) {
  all.records += some.records;
  all.faults += some.faults;
  for (auto& one : some.findings)
    if (all.findings.size() < most_findings) all.findings.push_back(std::move(one));
}

}  // namespace

check_part check_some(const view& v, const check_position& from, std::uint64_t most) {
  check_part part;
  checker all(v, part.found);
  auto at = from;
  for (auto i = index_of(from.in); i < slice_count; ++i, at.from.clear()) {
    at.in = slice_table[i].id;
    if (part.found.records == most) return part.next = at, part;
    auto next = check_slice(v, at.in, at.from, most - part.found.records, all, part.found);
    if (next) return part.next = check_position{at.in, std::move(*next)}, part;
  }
  return part;
}

check_report check(const view& v, const check_progress& progress) {
  check_report all;
  for (std::optional<check_position> at = check_position{}; at;) {
    auto part = check_some(v, *at, records_a_part);
    at = std::move(part.next);
    merge(all, std::move(part.found));
    if (progress) progress(all.records);
  }
  return all;
}

range_digest digest_range(const view& v, slice in, const std::string& first, const std::optional<std::string>& end,
                          std::uint64_t most) {
  record_digest digest;
  range_digest range;
  const bool readable = v.scan_all(in, first, [&](std::string_view key, const record& r) {
    if (end && key >= *end) return false;
    if (digest.records() == most) return range.next = key, false;
    digest.add(key, r.revision, r.value);
    return true;
  });
  if (!readable) v.report_fault();
  range.records = digest.records();
  range.sha256 = digest.finish();
  return range;
}

std::vector<slice_digest> digest_slices(const view& v) {
  std::vector<slice_digest> all;
  for (const auto& r : slice_table) {
    if (r.of != scope::cluster || r.derived) continue;
    auto whole = digest_range(v, r.id, {}, std::nullopt, UINT64_MAX);
    all.push_back({r.id, whole.records, std::move(whole.sha256)});
  }
  return all;
}

}  // namespace authnz::storage
