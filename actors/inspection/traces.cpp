#include <algorithm>

#include "actors/inspection/answers.hpp"
#include "actors/inspection/arguments.hpp"
#include "proto/time.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;

/// A reqid as people type it: what is no JSON number or text is a text.
std::string reqid_of(const std::string& given) {
  const auto parsed = json::parse(given, nullptr, false);
  if (parsed.is_number_integer() || parsed.is_string()) return parsed.dump();
  return json(given).dump();
}

argument<trace_wish> wish_of(const json& arguments) {
  trace_wish wish;
  const auto reqid = text(arguments, "reqid");
  if (!reqid) return tl::unexpected(reqid.error());
  if (*reqid) wish.reqid = reqid_of(**reqid);
  const auto request = text(arguments, "request");
  if (!request) return tl::unexpected(request.error());
  if (*request) {
    const auto* row = proto::find_request(**request);
    if (row == nullptr) return bad_argument("there is no request " + **request + "; authnzctl requests lists them");
    wish.kind = row->id;
  }
  const auto one_in = number(arguments, "one_in", 1, 1'000'000);
  if (!one_in) return tl::unexpected(one_in.error());
  wish.one_in = static_cast<std::uint32_t>(one_in->value_or(1));
  const auto seconds = number(arguments, "seconds", 1, tracer::longest.count());
  if (!seconds) return tl::unexpected(seconds.error());
  wish.lasts = std::chrono::seconds(seconds->value_or(30));
  return wish;
}

ordered_json json_of(const tracer::story& s, const inspection_parts& p) {
  const auto& t = *s.told;
  ordered_json steps = ordered_json::array();
  auto before = t.begin() == t.end() ? proto::trace::clock::time_point() : t.begin()->at;
  const auto first = before;
  for (const auto& stamp : t) {
    steps.push_back({{"step", proto::name(stamp.step)},
                     {"at_us", microseconds_between(first, stamp.at).count()},
                     {"took_us", microseconds_between(before, stamp.at).count()}});
    before = stamp.at;
  }
  return {{"number", s.number},
          {"node", p.node_name},
          {"time", proto::format_time(t.began)},
          {"request", proto::row(t.kind).name},
          {"reqid", json::parse(t.reqid, nullptr, false)},
          {"client", t.client.empty() ? json() : json(p.digest(t.client))},
          {"status", static_cast<int>(t.status)},
          {"outcome", t.reason == proto::code::none ? "ok" : std::string(proto::name(t.reason))},
          {"conflicts", t.tries},
          {"steps", std::move(steps)},
          {"steps_lost", t.lost()}};
}

}  // namespace

inspected trace_start(const inspection_parts& p, const json& arguments) {
  const auto wish = wish_of(arguments);
  if (!wish) return tl::unexpected(wish.error());
  const auto started = p.traces->start(*wish);
  if (!started) return not_possible(started.error());
  return ordered_json{{"trace", *started}, {"seconds", wish->lasts.count()}};
}

inspected trace_read(const inspection_parts& p, const json& arguments) {
  const auto wish = number(arguments, "trace", 1, INT64_MAX);
  if (!wish) return tl::unexpected(wish.error());
  const auto after = number(arguments, "after", 0, INT64_MAX);
  if (!after) return tl::unexpected(after.error());
  if (!*wish) return bad_argument("trace is required");
  const auto found = p.traces->read(static_cast<std::uint64_t>(**wish), static_cast<std::uint64_t>(after->value_or(0)));
  ordered_json stories = ordered_json::array();
  for (const auto& s : found.stories) stories.push_back(json_of(s, p));
  return ordered_json{
      {"requests", std::move(stories)}, {"last", found.last}, {"lost", found.lost}, {"over", found.over}};
}

inspected trace_stop(const inspection_parts& p, const json& arguments) {
  const auto wish = number(arguments, "trace", 1, INT64_MAX);
  if (!wish) return tl::unexpected(wish.error());
  if (!*wish || !p.traces->stop(static_cast<std::uint64_t>(**wish)))
    return not_found("there is no such trace; it may have ended by itself");
  return ordered_json::object();
}

}  // namespace authnz::actors::inspection
