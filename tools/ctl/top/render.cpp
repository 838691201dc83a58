#include "tools/ctl/top/render.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "tools/ctl/actor_columns.hpp"
#include "tools/ctl/units.hpp"

namespace authnz::ctl::top {

namespace {

using lines = std::vector<drawn_line>;

// Least of what is worth while: header, a row, keys.
constexpr std::size_t header_lines = 4;
constexpr std::size_t footer_lines = 1;
static_assert(header_lines + footer_lines == frame_lines);

std::string last_of(const model& m, const char* name, std::string (*show)(double)) {
  const auto at = m.history.find(name);
  return at == m.history.end() || at->second.values().empty() ? "-" : show(at->second.values().back());
}

std::string spark_of(const model& m, const char* name, std::size_t width, bool ascii) {
  const auto at = m.history.find(name);
  return fitted(at == m.history.end() ? std::string() : sparkline(at->second.values(), width, ascii), width);
}

std::string whole(double value) { return shown_count(static_cast<std::uint64_t>(std::max(value, 0.0))); }

std::string clock_of(const node_look& look) {
  const auto taken = text_of(look.now(), "taken");
  return taken.size() >= 19 ? taken.substr(11, 8) + " UTC" : "";
}

std::string reason_of(const watched_node& n) { return text_of(n.look.now(), "not_ready"); }

/// How many of the nodes answer and are ready.
drawn_line nodes_line(const model& m) {
  std::size_t silent = 0;
  std::size_t not_ready = 0;
  for (const auto& [name, n] : m.nodes) {
    if (!m.is_shown(n))
      ++silent;
    else if (!reason_of(n).empty())
      ++not_ready;
  }
  std::string state = silent + not_ready == 0 ? (m.nodes.size() == 1 ? "ready" : "all ready") : "!";
  if (not_ready > 0) state += " " + std::to_string(not_ready) + " NOT READY";
  if (silent > 0) state += " " + std::to_string(silent) + " WITHOUT AN ANSWER";
  return {"authnzerver " + std::to_string(m.nodes.size()) + (m.nodes.size() == 1 ? " node" : " nodes") + ", asked " +
              m.asked + "  " + clock_of(m.here().look) + "  " + state + (m.paused ? "  [PAUSED]" : ""),
          state.front() == '!' ? emphasis::warning : emphasis::heading};
}

drawn_line first_line(const model& m) {
  const auto& n = m.here();
  if (!n.trouble.empty())
    return {"! " + m.address + ": no answer since " + n.since + "; dialling again. " + n.trouble, emphasis::warning};
  if (m.all) return nodes_line(m);
  const auto up = std::chrono::seconds(n.look.total("/uptime_us") / 1'000'000);
  const auto reason = reason_of(n);
  return {"authnzerver " + text_of(n.look.now(), "node") + "  " + clock_of(n.look) + "  up " + shown_age(up) + "  " +
              (reason.empty() ? "ready" : "! NOT READY: " + reason) + (m.paused ? "  [PAUSED]" : ""),
          reason.empty() ? emphasis::heading : emphasis::warning};
}

lines header(const model& m, const canvas& on) {
  // Name, number and bars, twice a line.
  const auto half = on.width / 2;
  const auto bars = std::min(series::most, half > 28 ? half - 28 : std::size_t{0});
  const auto piece = [&](const char* name, const char* key, std::string (*show)(double)) {
    return fitted(
        fitted(name, 14) + fitted(last_of(m, key, show), 9, align::right) + "  " + spark_of(m, key, bars, on.ascii),
        half);
  };
  lines out{first_line(m)};
  out.push_back({piece("requests/s", "requests", shown_rate) + piece("in flight", "in flight", whole)});
  out.push_back({piece("commits/s", "commits", shown_rate) + piece("hashes/s", "hashes", shown_rate)});
  std::string tabs;
  for (std::size_t i = 0; i < m.views(); ++i) {
    const bool here = i == static_cast<std::size_t>(m.shown);
    tabs += (here ? "[" : " ") + std::to_string(i + 1) + " " + std::string(title(static_cast<view>(i))) +
            (here ? "]" : " ");
  }
  // Titles are cut to their numbers where they do not fit.
  if (width_of(tabs) > on.width) {
    tabs.clear();
    for (std::size_t i = 0; i < m.views(); ++i) {
      const bool here = i == static_cast<std::size_t>(m.shown);
      tabs += here ? "[" + std::to_string(i + 1) + " " + std::string(title(static_cast<view>(i))) + "]"
                   : " " + std::to_string(i + 1) + " ";
    }
  }
  out.push_back({tabs, emphasis::heading});
  return out;
}

std::string sorted_by(const model& m) {
  if (m.shown == view::actors)
    return m.sort_actors == 0 ? std::string("-") : std::string(actor_columns().at(m.sort_actors).name);
  if (m.shown == view::requests)
    return m.sort_requests == 0 ? std::string("-") : std::string(request_columns().at(m.sort_requests).name);
  if (m.shown == view::nodes)
    return m.sort_nodes == 0 ? std::string("-") : std::string(node_columns().at(m.sort_nodes).name);
  return {};
}

drawn_line footer(const model& m) {
  if (m.typing_filter) return {"filter: " + m.filter + "_   enter keep  esc clear", emphasis::heading};
  if (!m.drilled.empty())
    return {"esc back  space " + std::string(m.paused ? "go on" : "pause") + "  ? help  q quit", emphasis::heading};
  std::string keys =
      "q quit  ? help  1-" + std::to_string(m.views()) + " view  space " + std::string(m.paused ? "go on" : "pause");
  if (const auto by = sorted_by(m); !by.empty()) {
    keys += "  s sort: " + by + "  / filter" + (m.filter.empty() ? "" : ": " + m.filter);
    if (m.shown == view::actors) keys += "  enter look";
  }
  return {keys, emphasis::heading};
}

lines help(const model& m) {
  lines out{
      {"Keys", emphasis::heading},
      {"  1-6, tab, shift-tab   actors, requests, hashers & mail, journal & LMDB, connections, limits & locks"},
      {"  up, down, page, home  choose a row (also k and j)"},
      {"  enter                 look at one actor; esc goes back"},
      {"  s                     sort by the next column"},
      {"  /                     filter: rows that hold a text; esc clears it"},
      {"  space                 pause: what is shown stays"},
      {"  ?                     this page"},
      {"  q, ctrl-c             quit"},
      {""},
      {"Rates and times are of the last interval; if nothing happened in it, times are those of all since the start."},
      {"Bars show the last 60 looks; the greatest of them is a full bar. ! marks what deserves attention."},
      {""},
      {"Press any key to go back.", emphasis::faint}};
  if (m.all) out.insert(out.begin() + 2, {"  7                     the nodes, a line each"});
  return out;
}

}  // namespace

std::string sparkline(const std::deque<double>& values, std::size_t width, bool ascii) {
  constexpr std::array<const char*, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<const char*, 8> letters{"_", ".", "-", "~", "=", "+", "*", "#"};
  const auto& steps = ascii ? letters : bars;
  const auto n = std::min(width, values.size());
  const auto first = values.end() - static_cast<std::ptrdiff_t>(n);
  const double greatest = n == 0 ? 0 : *std::max_element(first, values.end());
  std::string out;
  for (auto at = first; at != values.end(); ++at) {
    const double share = greatest > 0 && *at > 0 ? *at / greatest : 0;
    out += steps.at(static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 7)));
  }
  return out;
}

std::vector<drawn_line> remarks(const model& m, const canvas& on) {
  lines out;
  if (!m.all || !m.here().trouble.empty()) return out;
  if (!m.unknown.empty()) out.push_back({"! the registered nodes are not known: " + m.unknown, emphasis::warning});
  for (const auto& [name, n] : m.nodes) {
    if (!n.trouble.empty())
      out.push_back({"! " + name + ": no answer since " + n.since + ": " + n.trouble, emphasis::warning});
    else if (const auto reason = reason_of(n); !reason.empty())
      out.push_back({"! " + name + ": not ready: " + reason, emphasis::warning});
  }
  const auto most = on.height / 3;
  if (out.size() <= most || most == 0) return most == 0 ? lines() : out;
  const auto more = out.size() - most + 1;
  out.resize(most - 1);
  out.push_back({"! and " + std::to_string(more) + " more: see the nodes", emphasis::warning});
  return out;
}

std::vector<drawn_line> render(const model& m, const canvas& on) {
  lines out = on.height > header_lines + footer_lines ? header(m, on) : lines{first_line(m)};
  const auto room = on.height > out.size() + footer_lines ? on.height - out.size() - footer_lines : 0;
  canvas inner = on;
  inner.height = room;
  const auto above = m.help ? lines() : remarks(m, on);
  inner.height -= std::min(inner.height, above.size());
  auto body = m.help ? help(m) : panel(m, inner);
  body.insert(body.begin(), above.begin(), above.end());
  body.resize(room);
  out.insert(out.end(), body.begin(), body.end());
  out.push_back(footer(m));
  out.resize(on.height);
  for (auto& line : out) line.text = cut(printable(line.text), on.width);
  return out;
}

}  // namespace authnz::ctl::top
