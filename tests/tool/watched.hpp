/// Answers of nodes as `authnzctl top` gets them, and what it makes of them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tools/ctl/top/render.hpp"

namespace authnz::ctl::top {

using nlohmann::json;

inline json actor(const std::string& name, const std::string& state, std::uint64_t handled, const std::string& node) {
  return {{"node", node},
          {"actor", name},
          {"kind", "session"},
          {"shard", 0},
          {"state", state},
          {"age_us", 5e6},
          {"restarts", 0},
          {"in_flight", 1},
          {"peak", 2},
          {"waiting", 0},
          {"oldest_us", 10},
          {"handled", handled},
          {"failed", 0},
          {"wait", {}},
          {"service", {{20, handled}}},
          {"memory", {}},
          {"last_request", "user-login"}};
}

inline json snapshot(std::uint64_t uptime_seconds, std::uint64_t handled, const std::string& node = "n1") {
  return {{"node", node},
          {"taken", "2026-01-31T12:00:00.000000"},
          {"uptime_us", uptime_seconds * 1'000'000},
          {"in_flight", 3},
          {"actors",
           {actor("session-0", "running", handled, node), actor("user-0", "paused", 7, node),
            actor("journal", "running", 2 * handled, node)}},
          {"requests",
           {{{"node", node},
             {"request", "user-login"},
             {"turnouts", {{"success", handled}, {"unavailable", 1}}},
             {"duration", {{30, handled}}}}}},
          {"hashing", {{"busy", 1}, {"workers", 2}, {"queued", handled}}},
          {"store", {{"map_size", 1 << 20}, {"page_size", 4096}, {"used_pages", 64}, {"slices", json::array()}}},
          {"limits", {{"enabled", false}}},
          {"cluster", {{"duties", {"mail"}}}}};
}

inline std::string text_of(const std::vector<drawn_line>& lines) {
  std::string all;
  for (const auto& line : lines) all += line.text + '\n';
  return all;
}

inline void press_all(model& m, std::string_view keys) {
  for (const char c : keys) m.press(static_cast<char32_t>(c));
}

}  // namespace authnz::ctl::top
