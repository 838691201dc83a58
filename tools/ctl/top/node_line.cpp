#include "tools/ctl/top/node_line.hpp"

#include "tools/ctl/units.hpp"

namespace authnz::ctl::top {

namespace {

constexpr double microseconds_a_percent = 1e4;

std::string duties_of(const nlohmann::json& look) {
  std::string out;
  const auto at = look.find("cluster");
  if (at == look.end() || !at->is_object() || !at->contains("duties")) return out;
  for (const auto& duty : (*at)["duties"])
    if (duty.is_string()) out += (out.empty() ? "" : ", ") + duty.get<std::string>();
  return out;
}

}  // namespace

node_line line_of(const std::string& name, const node_look& look, bool shown) {
  node_line n;
  n.node = name;
  n.state = "no answer";
  if (!shown) return n;
  n.state = text_of(look.now(), "not_ready").empty() ? "ready" : "not ready";
  n.up = std::chrono::seconds(look.total("/uptime_us") / 1'000'000);
  for (const auto& r : look.requests()) n.requests += r.rate;
  n.in_flight = look.total("/in_flight");
  n.commits = look.rate("/journal/applied");
  n.hashes = look.rate("/hashing/computed");
  n.limited = look.rate("/limits/refused");
  n.hash_queue = look.total("/hashing/queued");
  n.mail = look.total("/mail/waiting");
  n.cpu = look.rate("/process/cpu_us") / microseconds_a_percent;
  n.memory = look.total("/process/resident_bytes");
  n.duties = duties_of(look.now());
  return n;
}

// One column a line.
// clang-format off
std::vector<line_column<node_line>> node_columns() {
  using N = const node_line&;
  constexpr auto left = align::left;
  constexpr auto right = align::right;
  return {
      {"node", "NODE", left, [](N l) { return l.node; }, nullptr, 0},
      {"state", "STATE", left, [](N l) { return l.state; }, nullptr, 0},
      {"up", "UP", right, [](N l) { return shown_age(l.up); }, [](N l) { return static_cast<double>(l.up.count()); }, 3},
      {"requests", "REQ/S", right, [](N l) { return shown_rate(l.requests); }, [](N l) { return l.requests; }, 1},
      {"in-flight", "IN-FLIGHT", right, [](N l) { return shown_count(l.in_flight); }, [](N l) { return static_cast<double>(l.in_flight); }, 1},
      {"commits", "COMMITS/S", right, [](N l) { return shown_rate(l.commits); }, [](N l) { return l.commits; }, 2},
      {"hashes", "HASHES/S", right, [](N l) { return shown_rate(l.hashes); }, [](N l) { return l.hashes; }, 2},
      {"queued", "QUEUED", right, [](N l) { return shown_count(l.hash_queue); }, [](N l) { return static_cast<double>(l.hash_queue); }, 4},
      {"limited", "LIMITED/S", right, [](N l) { return shown_rate(l.limited); }, [](N l) { return l.limited; }, 4},
      {"mail", "MAIL", right, [](N l) { return shown_count(l.mail); }, [](N l) { return static_cast<double>(l.mail); }, 4},
      {"cpu", "CPU", right, [](N l) { return shown_rate(l.cpu) + " %"; }, [](N l) { return l.cpu; }, 2},
      {"memory", "MEMORY", right, [](N l) { return shown_bytes(l.memory); }, [](N l) { return static_cast<double>(l.memory); }, 3},
      {"duties", "DUTIES", left, [](N l) { return l.duties.empty() ? std::string("-") : l.duties; }, nullptr, 5},
  };
}
// clang-format on

}  // namespace authnz::ctl::top
