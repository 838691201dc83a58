#include "actors/inspection/answers.hpp"
#include "actors/inspection/arguments.hpp"
#include "actors/rules/unicode.hpp"
#include "proto/time.hpp"
#include "storage/audit_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;

// No answer keeps an old state of the store for long.
constexpr std::uint64_t most_looked_at = 50'000;
constexpr std::uint64_t most_verified = 20'000;

struct wanted_events {
  std::optional<std::string> since;  ///< times sort as texts do
  std::optional<std::string> until;
  std::vector<std::string> persons;  ///< an actor or a target: as given, and its digest
  std::optional<std::string> event;  ///< a name, or its beginning with a dot at the end
  std::uint64_t after = 0;
  std::int64_t limit = 0;
};

std::optional<proto::timestamp> time_of(const storage::view& v, std::uint64_t number) {
  std::optional<proto::timestamp> found;
  storage::for_each_audit_record(v, number, [&](const storage::audit_record& r) {
    found = time_of_event(r.text);
    return false;
  });
  return found;
}

/// A number before all events since then. Events are recorded a little later
/// than they happen, so their times ascend only roughly.
std::uint64_t before_all_since(const storage::view& v, const std::string& since) {
  constexpr std::int64_t slack_seconds = -60;
  const auto wanted = proto::parse_time(since);
  const auto from = wanted ? proto::add_seconds(*wanted, slack_seconds) : std::nullopt;
  auto low = storage::audit_anchor(v).number;
  auto high = storage::last_audit_record(v).number;
  while (from && low < high) {
    const auto middle = low + (high - low) / 2;
    const auto time = time_of(v, middle + 1);
    if (time && *time < *from)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

argument<std::optional<std::string>> time_argument(const json& arguments, const char* name) {
  auto given = text(arguments, name);
  if (!given || !*given) return given;
  const auto parsed = proto::parse_time(**given);
  if (!parsed) return bad_argument(std::string(name) + " must be a time such as 2026-01-31T12:00:00, in UTC");
  return std::optional(proto::format_time(*parsed));
}

/// How a person may stand in the trail: as an id or an address, in clear or as
/// a digest. Whoever is named by an address is meant by the id, too.
std::vector<std::string> persons_of(const inspection_parts& p, const std::string& named) {
  std::vector<std::string> all{named, p.digest(named)};
  const auto user = storage::find_user_by_email(*p.store.read(), rules::normalise_address(named));
  if (!user) return all;
  const auto id = std::to_string(user->id);
  all.push_back(id);
  all.push_back(p.digest(id));
  return all;
}

argument<wanted_events> wanted_of(const inspection_parts& p, const json& arguments) {
  wanted_events wanted;
  const auto since = time_argument(arguments, "since");
  const auto until = time_argument(arguments, "until");
  const auto user = text(arguments, "user");
  const auto event = text(arguments, "event");
  const auto after = number(arguments, "after", 0, INT64_MAX);
  const auto limit = page_size(arguments);
  for (const auto* bad : {&since, &until, &user, &event})
    if (!*bad) return tl::unexpected(bad->error());
  if (!after) return tl::unexpected(after.error());
  if (!limit) return tl::unexpected(limit.error());
  wanted.since = *since;
  wanted.until = *until;
  if (*user) wanted.persons = persons_of(p, **user);
  wanted.event = *event;
  wanted.after = static_cast<std::uint64_t>(after->value_or(0));
  wanted.limit = *limit;
  return wanted;
}

bool names_one_of(const ordered_json& event, const std::vector<std::string>& persons) {
  if (persons.empty()) return true;
  for (const auto* member : {"actor", "target"}) {
    const auto at = event.find(member);
    if (at == event.end() || !at->is_string()) continue;
    for (const auto& person : persons)
      if (*at == person) return true;
  }
  return false;
}

bool is_wanted(const ordered_json& event, const wanted_events& wanted) {
  const auto time = event.value("time", std::string());
  if (wanted.since && time < *wanted.since) return false;
  if (wanted.until && time >= *wanted.until) return false;
  const auto name = event.value("event", std::string());
  if (wanted.event) {
    const bool prefix = wanted.event->ends_with('.') || wanted.event->ends_with('*');
    const auto text = std::string_view(*wanted.event).substr(0, wanted.event->size() - (prefix ? 1 : 0));
    if (prefix ? !name.starts_with(text) : name != text) return false;
  }
  return names_one_of(event, wanted.persons);
}

ordered_json json_of(const inspection_parts& p, const storage::audit_record& record, ordered_json&& event) {
  ordered_json out{{"number", record.number}, {"node", p.node_name}};
  out.update(event);
  out["hash"] = shown_key(record.hash);
  return out;
}

}  // namespace

inspected audit(const inspection_parts& p, const json& arguments) {
  const auto wanted = wanted_of(p, arguments);
  if (!wanted) return tl::unexpected(wanted.error());
  const auto view = p.store.read();
  const auto newest = storage::last_audit_record(*view);
  ordered_json events = ordered_json::array();
  auto last = wanted->since ? std::max(wanted->after, before_all_since(*view, *wanted->since)) : wanted->after;
  std::uint64_t looked_at = 0;
  bool more = false;
  storage::for_each_audit_record(*view, last + 1, [&](const storage::audit_record& record) {
    if (std::cmp_equal(events.size(), wanted->limit) || looked_at == most_looked_at) return !(more = true);
    ++looked_at;
    last = record.number;
    auto event = ordered_json::parse(record.text, nullptr, false);
    if (event.is_object() && is_wanted(event, *wanted)) events.push_back(json_of(p, record, std::move(event)));
    return true;
  });
  if (view->fault()) return tl::unexpected(inspection_error{"storage", "a record of the trail cannot be read"});
  return ordered_json{{"events", std::move(events)}, {"last", last}, {"more", more}, {"newest", newest.number}};
}

inspected audit_verify(const inspection_parts& p, const json& arguments) {
  const auto after = number(arguments, "after", 0, INT64_MAX);
  const auto hash = text(arguments, "hash");
  if (!after) return tl::unexpected(after.error());
  if (!hash) return tl::unexpected(hash.error());
  const auto view = p.store.read();
  auto from = storage::audit_anchor(*view);
  if (*after && *hash) {
    const auto bytes = key_of(**hash);
    if (!bytes || bytes->size() != storage::audit_hash_size) return bad_argument("hash must be 64 hexadecimal digits");
    // What was forgotten meanwhile cannot be looked at any more.
    if (std::cmp_greater_equal(**after, from.number)) from = {static_cast<std::uint64_t>(**after), *bytes};
  }
  const auto walk = storage::verify_audit(*view, from, most_verified);
  ordered_json out{{"records", walk.records},          {"from", from.number},       {"last", walk.end.number},
                   {"hash", shown_key(walk.end.hash)}, {"complete", walk.complete}, {"broken", nullptr}};
  if (walk.broken) out["broken"] = {{"number", walk.broken->number}, {"why", walk.broken->why}};
  return out;
}

}  // namespace authnz::actors::inspection
