#include <utility>

#include "actors/decisions/accounts.hpp"
#include "actors/decisions/apikeys.hpp"
#include "actors/inspection/answers.hpp"
#include "actors/inspection/named.hpp"
#include "actors/inspection/persons.hpp"
#include "proto/time.hpp"
#include "storage/apikey_store.hpp"
#include "storage/session_store.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;
using storage::view;

/// Which rows a page has, of which user, or of all.
struct page {
  std::optional<std::int64_t> user_id;
  std::string from;
  std::int64_t limit = 0;
};

argument<storage::session> session_named(const view& store, const json& arguments) {
  return named<storage::session>(arguments, "a session",
                                 [&](const std::string& from, const storage::session_visitor& visit) {
                                   storage::for_each_session(store, from, visit);
                                 });
}

argument<storage::apikey> apikey_named(const view& store, const json& arguments) {
  return named<storage::apikey>(arguments, "an API key",
                                [&](const std::string& from, const storage::apikey_visitor& visit) {
                                  storage::for_each_apikey(store, from, visit);
                                });
}

argument<page> page_of(const view& store, const json& arguments) {
  page out;
  const auto person = person_argument(store, arguments);
  const auto from = page_start(arguments);
  const auto limit = page_size(arguments);
  if (!person) return tl::unexpected(person.error());
  if (!from) return tl::unexpected(from.error());
  if (!limit) return tl::unexpected(limit.error());
  if (*person) out.user_id = (*person)->id;
  out.from = *from;
  out.limit = *limit;
  return out;
}

/// Collects a page's rows.
class rows {
 public:
  explicit rows(std::int64_t limit) : limit_(limit) {}

  /// Returns whether there is room for more.
  template <class MakeRow>
  bool add(const std::string& key, const MakeRow& row) {
    if (std::cmp_equal(list_.size(), limit_)) return !(more_ = true);
    list_.push_back(row());
    last_ = shown_key(key);
    return true;
  }

  inspected end(const view& store, const char* name) && {
    if (store.fault()) return tl::unexpected(inspection_error{"storage", "a record cannot be read; see the log"});
    return ordered_json{{name, std::move(list_)}, {"next_after", more_ ? ordered_json(last_) : ordered_json()}};
  }

 private:
  std::int64_t limit_;
  ordered_json list_ = ordered_json::array();
  std::string last_;
  bool more_ = false;
};

bool in_good_standing(const view& store, std::int64_t user_id) {
  const auto user = storage::peek_user(store, user_id);
  return user && user->in_good_standing();
}

// As session-exists judges.
std::string_view state_of(const view& store, const storage::session& s, proto::timestamp now) {
  const auto user = storage::peek_user(store, s.user_id);
  if (!user) return "user-deleted";
  if (user->session_epoch != s.epoch) return "revoked";
  return s.expires <= now ? "expired" : "live";
}

ordered_json row_of(const inspection_parts& p, const view& store, const storage::session& s, proto::timestamp now) {
  return {{"node", p.node_name},
          {"key", shown_key(s.key)},
          {"user_id", s.user_id},
          {"state", state_of(store, s, now)},
          {"created", proto::format_time(s.created)},
          {"expires", proto::format_time(s.expires)},
          {"user_in_good_standing", in_good_standing(store, s.user_id)},
          {"ip_address", s.ip_address},
          {"user_agent", s.user_agent},
          {"extra_info", s.extra_info.has_value()}};
}

// As apikey-verify and apikey-verify-nosession judge, the last word first.
std::string_view state_of(const view& store, const storage::apikey& k, proto::timestamp now) {
  const auto owner = storage::find_user(store, k.user_id);
  if (!owner) return "user-deleted";
  const auto epoch = k.refreshed_by ? owner->apikey_epoch : owner->session_apikey_epoch;
  if (k.epoch != epoch) return "revoked";
  if (k.refreshed_by && !storage::find_family(store, k.refreshed_by->family)) return "revoked";
  if (!k.refreshed_by && !session_of_key(store, k.session)) return "session-ended";
  if (is_used_up(k)) return "refreshed";
  if (k.outlived() <= now) return "expired";
  if (!owner->in_good_standing()) return "user-not-in-good-standing";
  if (owner->role != k.role) return "role-changed";
  if (k.expires <= now) return "refreshable";
  return k.not_before <= now ? "live" : "not-yet-valid";
}

ordered_json issued_at(const storage::apikey& k) {
  const auto claims = json::parse(k.claims, nullptr, false);
  return claims.is_object() && claims.contains("iat") ? ordered_json(claims["iat"]) : ordered_json();
}

ordered_json row_of(const inspection_parts& p, const view& store, const storage::apikey& k, proto::timestamp now) {
  const auto& r = k.refreshed_by;
  return {{"node", p.node_name},
          {"key", shown_key(k.key)},
          {"user_id", k.user_id},
          {"kind", r ? "without-session" : "of-session"},
          {"state", state_of(store, k, now)},
          {"role", k.role},
          {"issued", issued_at(k)},
          {"not_before", proto::format_time(k.not_before)},
          {"expires", proto::format_time(k.expires)},
          {"session", r ? ordered_json() : ordered_json(shown_key(k.session))},
          {"family", r ? ordered_json(shown_key(r->family)) : ordered_json()},
          {"refresh_not_before", r ? ordered_json(proto::format_time(r->not_before)) : ordered_json()},
          {"refresh_expires", r ? ordered_json(proto::format_time(r->expires)) : ordered_json()}};
}

}  // namespace

inspected sessions(const inspection_parts& p, const json& arguments) {
  const auto view = p.store.read();
  const auto now = p.time.wall();
  if (arguments.contains("key")) {
    const auto one = session_named(*view, arguments);
    if (!one) return tl::unexpected(one.error());
    return ordered_json{{"sessions", {row_of(p, *view, *one, now)}}, {"next_after", nullptr}};
  }
  const auto wanted = page_of(*view, arguments);
  if (!wanted) return tl::unexpected(wanted.error());
  rows list(wanted->limit);
  const auto add = [&](const storage::session& s) { return list.add(s.key, [&] { return row_of(p, *view, s, now); }); };
  wanted->user_id ? storage::for_each_session_of(*view, *wanted->user_id, wanted->from, add)
                  : storage::for_each_session(*view, wanted->from, add);
  return std::move(list).end(*view, "sessions");
}

void session_end(inspection_desk& desk, const json& arguments, answer_to done) {
  const auto& p = desk.parts();
  const auto decide = [&p, arguments](const storage::view& view) -> tl::expected<admin_change, inspection_error> {
    const auto found = session_named(view, arguments);
    if (!found) return tl::unexpected(found.error());
    admin_change out;
    out.answer = row_of(p, view, *found, p.time.wall());
    storage::remove_session(out.tx, *found);
    return out;
  };
  desk.change(decide, std::move(done));
}

inspected apikeys(const inspection_parts& p, const json& arguments) {
  const auto view = p.store.read();
  const auto wanted = page_of(*view, arguments);
  if (!wanted) return tl::unexpected(wanted.error());
  const auto now = p.time.wall();
  rows list(wanted->limit);
  const auto add = [&](const storage::apikey& k) { return list.add(k.key, [&] { return row_of(p, *view, k, now); }); };
  wanted->user_id ? storage::for_each_apikey_of(*view, *wanted->user_id, wanted->from, add)
                  : storage::for_each_apikey(*view, wanted->from, add);
  return std::move(list).end(*view, "apikeys");
}

void apikey_revoke(inspection_desk& desk, const json& arguments, answer_to done) {
  const auto& p = desk.parts();
  const auto decide = [&p, arguments](const storage::view& view) -> tl::expected<admin_change, inspection_error> {
    const auto found = apikey_named(view, arguments);
    if (!found) return tl::unexpected(found.error());
    admin_change out;
    out.answer = row_of(p, view, *found, p.time.wall());
    storage::remove_apikey(out.tx, *found);
    // Without its family, no other key that was refreshed from the same one is valid.
    const auto family = found->refreshed_by ? storage::find_family(view, found->refreshed_by->family) : std::nullopt;
    if (family) storage::remove_family(out.tx, *family);
    out.answer["family_revoked"] = family.has_value();
    return out;
  };
  desk.change(decide, std::move(done));
}

}  // namespace authnz::actors::inspection
