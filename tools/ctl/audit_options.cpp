#include "tools/ctl/audit_options.hpp"

#include <iostream>

#include "tools/ctl/durations.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl {

using nlohmann::json;

namespace {

constexpr int page = 500;

}  // namespace

std::string text_in_event(const json& event, const char* name) {
  const auto at = event.find(name);
  if (at == event.end() || at->is_null()) return "-";
  return printable(at->is_string() ? at->get<std::string>() : at->dump());
}

tl::expected<json, link_error> wanted_of(const audit_options& o) {
  json wanted{{"limit", page}};
  const auto now = std::chrono::system_clock::now();
  for (const auto& [name, given] : {std::pair("since", &o.since), std::pair("until", &o.until)}) {
    if (given->empty()) continue;
    const auto moment = parse_moment(*given, now);
    if (!moment)
      return tl::unexpected(link_error{exit_usage, "bad-argument",
                                       "--" + std::string(name) + " " + *given +
                                           ": must be a time such as 2026-01-31T12:00:00, or so long ago, e.g. 24h"});
    wanted[name] = *moment;
  }
  if (!o.user.empty()) wanted["user"] = o.user;
  if (!o.event.empty()) wanted["event"] = o.event;
  return wanted;
}

void print_event(const json& event, const std::string& first, bool as_json) {
  if (as_json) {
    std::cout << event.dump() << '\n';
    return;
  }
  std::cout << first << ' ' << text_in_event(event, "time") << ' ' << text_in_event(event, "event") << ' '
            << text_in_event(event, "outcome");
  for (const auto* name : {"actor", "target", "client", "reqid"})
    if (event.contains(name) && !event.at(name).is_null())
      std::cout << ' ' << name << '=' << text_in_event(event, name);
  std::cout << '\n';
}

}  // namespace authnz::ctl
