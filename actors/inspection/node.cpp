#include <array>

#include "actors/inspection/answers.hpp"
#include "actors/inspection/arguments.hpp"
#include "proto/questions.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> levels{"debug", "info", "warning", "error"};

}  // namespace

inspected node(const inspection_parts& p) {
  const auto up = std::chrono::steady_clock::now() - p.meters->started;
  const auto reason = p.door.not_ready();
  ordered_json out{{"node", p.node_name},
                   {"version", p.version},
                   {"protocol", proto::inspection_protocol},
                   {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(up).count()},
                   {"ready", !reason},
                   {"reason", reason ? ordered_json(*reason) : ordered_json()}};
  if (p.outside.cluster.peers != nullptr) out["limits_counted_for_others"] = p.meters->limits.counted_for_others.load();
  return out;
}

inspected configuration(const inspection_parts& p) {
  return ordered_json{{"node", p.node_name}, {"items", p.outside.configuration()}};
}

inspected configuration_reload(const inspection_parts& p) {
  const auto kept = p.outside.reload();
  return ordered_json{{"kept", kept}};
}

inspected log_level(const inspection_parts& p, const json& arguments) {
  const auto wanted = text(arguments, "level");
  if (!wanted) return tl::unexpected(wanted.error());
  if (*wanted) {
    const auto at = std::ranges::find(levels, **wanted);
    if (at == levels.end()) return bad_argument("level must be debug, info, warning or error");
    p.outside.set_log_level(static_cast<actors::log_level>(at - levels.begin()));
  }
  return ordered_json{{"level", levels[static_cast<std::size_t>(p.outside.get_log_level())]}};
}

}  // namespace authnz::actors::inspection
