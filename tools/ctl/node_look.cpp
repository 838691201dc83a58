#include "tools/ctl/node_look.hpp"

#include <algorithm>
#include <numeric>

namespace authnz::ctl {

using nlohmann::json;

namespace {

constexpr double microseconds_a_second = 1e6;

const json& nothing() {
  static const json empty = json::object();
  return empty;
}

std::uint64_t whole(const json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  return value.is_number_integer() ? static_cast<std::uint64_t>(std::max<std::int64_t>(value.get<std::int64_t>(), 0))
                                   : 0;
}

std::chrono::microseconds duration_of(const json& object, const char* name) {
  return std::chrono::microseconds(number_of(object, name));
}

const json& list_of(const json& look, const char* name) {
  const auto at = look.find(name);
  return at != look.end() && at->is_array() ? *at : nothing();
}

const json& at_pointer(const json& look, const char* pointer) {
  const json::json_pointer where(pointer);
  return look.contains(where) ? look.at(where) : nothing();
}

double per_second(std::uint64_t before, std::uint64_t now, double seconds) {
  return now > before && seconds > 0 ? static_cast<double>(now - before) / seconds : 0;
}

std::uint64_t answered(const json& turnouts) {
  std::uint64_t sum = 0;
  if (turnouts.is_object())
    for (const auto& n : turnouts) sum += whole(n);
  return sum;
}

const json& turnouts_of(const json& row) {
  const auto at = row.find("turnouts");
  return at != row.end() ? *at : nothing();
}

}  // namespace

std::uint64_t number_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? 0 : whole(*at);
}

std::string text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

histogram::counts counts_of(const json& object, const char* name) {
  histogram::counts counts{};
  for (const auto& pair : list_of(object, name))
    if (pair.is_array() && pair.size() == 2 && whole(pair[0]) < counts.size()) counts[whole(pair[0])] = whole(pair[1]);
  return counts;
}

time_taken time_between(const histogram::counts& before, const histogram::counts& now) {
  histogram::counts difference{};
  for (std::size_t i = 0; i < now.size(); ++i) difference[i] = now[i] - std::min(before[i], now[i]);
  auto events = std::accumulate(difference.begin(), difference.end(), std::uint64_t{0});
  if (events == 0) {
    difference = now;
    events = std::accumulate(now.begin(), now.end(), std::uint64_t{0});
  }
  return {events, actors::quantile(difference, 0.5), actors::quantile(difference, 0.99)};
}

node_look::node_look(json before, json now) : before_(std::move(before)), now_(std::move(now)) {
  if (!before_.is_object()) before_ = json::object();
  if (!now_.is_object()) now_ = json::object();
  const auto from = number_of(before_, "uptime_us");
  const auto to = number_of(now_, "uptime_us");
  const bool same_run = from > 0 && from < to;
  if (!same_run) before_ = json::object();
  seconds_ = std::max(static_cast<double>(same_run ? to - from : to) / microseconds_a_second, 0.001);
}

const json& node_look::row_before(const char* list, const char* key, const std::string& id) const {
  for (const auto& row : list_of(before_, list))
    if (text_of(row, key) == id) return row;
  return nothing();
}

std::vector<actor_line> node_look::actors() const {
  std::vector<actor_line> lines;
  for (const auto& row : list_of(now_, "actors")) {
    if (!row.is_object()) continue;
    actor_line a;
    a.actor = text_of(row, "actor");
    const auto& before = row_before("actors", "actor", a.actor);
    a.node = text_of(row, "node");
    a.kind = text_of(row, "kind");
    a.shard = number_of(row, "shard");
    a.state = text_of(row, "state");
    a.age = std::chrono::duration_cast<std::chrono::seconds>(duration_of(row, "age_us"));
    a.restarts = number_of(row, "restarts");
    a.last_error = text_of(row, "last_error");
    a.in_flight = number_of(row, "in_flight");
    a.peak = number_of(row, "peak");
    a.waiting = number_of(row, "waiting");
    a.oldest = duration_of(row, "oldest_us");
    a.handled = number_of(row, "handled");
    a.rate = per_second(number_of(before, "handled"), a.handled, seconds_);
    a.failed = number_of(row, "failed");
    a.wait = time_between(counts_of(before, "wait"), counts_of(row, "wait"));
    a.service = time_between(counts_of(before, "service"), counts_of(row, "service"));
    if (number_of(row, "memory") > 0) a.memory = number_of(row, "memory");
    a.last_request = text_of(row, "last_request");
    lines.push_back(std::move(a));
  }
  return lines;
}

std::vector<request_line> node_look::requests() const {
  std::vector<request_line> lines;
  for (const auto& row : list_of(now_, "requests")) {
    if (!row.is_object()) continue;
    request_line r;
    r.request = text_of(row, "request");
    const auto& before = row_before("requests", "request", r.request);
    const auto& turnouts = turnouts_of(row);
    r.node = text_of(row, "node");
    r.answered = answered(turnouts);
    r.rate = per_second(answered(turnouts_of(before)), r.answered, seconds_);
    r.limited = number_of(turnouts, "rate-limited");
    r.unavailable = number_of(turnouts, "unavailable") + number_of(turnouts, "error");
    r.failed = r.answered - std::min(r.answered, number_of(turnouts, "success") + r.limited + r.unavailable);
    r.duration = time_between(counts_of(before, "duration"), counts_of(row, "duration"));
    lines.push_back(std::move(r));
  }
  return lines;
}

std::uint64_t node_look::total(const char* pointer) const { return whole(at_pointer(now_, pointer)); }

double node_look::rate(const char* pointer) const {
  return per_second(whole(at_pointer(before_, pointer)), total(pointer), seconds_);
}

time_taken node_look::time(const char* object, const char* name) const {
  const auto of = [&](const json& look) {
    const auto at = look.find(object);
    return at != look.end() && at->is_object() ? counts_of(*at, name) : histogram::counts{};
  };
  return time_between(of(before_), of(now_));
}

}  // namespace authnz::ctl
