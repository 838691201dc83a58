#include <algorithm>

#include "tools/ctl/actor_columns.hpp"
#include "tools/ctl/top/render.hpp"
#include "tools/ctl/top/sheet.hpp"
#include "tools/ctl/units.hpp"

namespace authnz::ctl::top {

namespace {

using lines = std::vector<drawn_line>;

/// The columns that fit, and how wide each is.
template <class Line>
struct layout {
  std::vector<line_column<Line>> columns;
  std::vector<std::size_t> widths;
};

template <class Line>
layout<Line> lay_out(std::vector<line_column<Line>> columns, const std::vector<Line>& rows, std::size_t width) {
  const auto width_of_column = [&](const line_column<Line>& c) {
    std::size_t w = c.title.size();
    for (const auto& row : rows) w = std::max(w, width_of(printable(c.show(row))));
    return std::min<std::size_t>(w, 30);
  };
  layout<Line> out{std::move(columns), {}};
  for (const auto& c : out.columns) out.widths.push_back(width_of_column(c));
  const auto total = [&] {
    std::size_t sum = 2;
    for (const auto w : out.widths) sum += w + 1;
    return sum;
  };
  while (total() > width + 1) {
    const auto least = std::max_element(out.columns.begin(), out.columns.end(),
                                        [](const auto& a, const auto& b) { return a.priority < b.priority; });
    if (least == out.columns.end() || least->priority == 0) break;
    out.widths.erase(out.widths.begin() + (least - out.columns.begin()));
    out.columns.erase(least);
  }
  return out;
}

bool is_remarkable(const actor_line& a) { return a.state != "running"; }
bool is_remarkable(const request_line& r) { return r.unavailable > 0; }
bool is_remarkable(const node_line& n) { return n.state != "ready"; }

/// With the lines of several nodes, each says whose it is.
template <class Line>
std::vector<line_column<Line>> columns_for(std::vector<line_column<Line>> columns, const model& m) {
  if (m.all) columns.front().priority = 0;
  return columns;
}

template <class Line>
lines list(const std::vector<Line>& rows, std::vector<line_column<Line>> columns, const model& m, const canvas& on) {
  const auto l = lay_out(std::move(columns), rows, on.width);
  std::string titles = "  ";
  for (std::size_t i = 0; i < l.columns.size(); ++i)
    titles += fitted(l.columns[i].title, l.widths[i], l.columns[i].side) + " ";
  lines out{{titles, emphasis::faint}};
  // The selected row is always in sight.
  const auto room = on.height > 1 ? on.height - 1 : 0;
  const auto first = m.selected >= room ? m.selected - room + 1 : 0;
  for (std::size_t i = first; i < rows.size() && out.size() < on.height; ++i) {
    const bool here = i == m.selected;
    std::string text = here ? ">" : " ";
    text += is_remarkable(rows[i]) ? "!" : " ";
    for (std::size_t c = 0; c < l.columns.size(); ++c)
      text += fitted(printable(l.columns[c].show(rows[i])), l.widths[c], l.columns[c].side) + " ";
    out.push_back({text, here ? emphasis::selected : is_remarkable(rows[i]) ? emphasis::warning : emphasis::none});
  }
  if (rows.empty()) out.push_back({m.filter.empty() ? "  none yet" : "  nothing holds " + m.filter, emphasis::faint});
  return out;
}

sheet of_one_actor(const actor_line& a, const watched_node& n) {
  sheet s(n);
  s.heading(a.actor + " on " + a.node);
  s.row("kind", a.kind);
  s.row("shard", std::to_string(a.shard));
  s.row("state", a.state, is_remarkable(a) ? "! see authnzctl actor " + a.actor + " resume" : "");
  s.row("age", shown_age(a.age));
  s.row("restarts", shown_count(a.restarts), a.last_error.empty() ? "" : "! last error: " + a.last_error);
  s.bars("handled/s", shown_rate(a.rate), "actor/" + a.actor);
  s.bars("in flight", shown_count(a.in_flight), "in hand/" + a.actor);
  s.row("most in flight", shown_count(a.peak));
  s.row("waiting", shown_count(a.waiting));
  s.row("oldest", a.oldest.count() == 0 ? "-" : shown_duration(a.oldest));
  s.row("handled", shown_count(a.handled));
  s.row("failed", shown_count(a.failed), shown_share(a.failed, a.handled));
  s.times("wait", a.wait);
  s.times("service", a.service);
  s.row("memory", a.memory ? shown_bytes(*a.memory) : "not known");
  s.row("last request", a.last_request.empty() ? "-" : a.last_request);
  return s;
}

sheet hashing(const watched_node& n) {
  const auto& k = n.look;
  sheet s(n);
  s.heading("Password hashes");
  s.row("workers busy", shown_count(k.total("/hashing/busy")) + " of " + shown_count(k.total("/hashing/workers")));
  s.bars("queued", shown_count(k.total("/hashing/queued")), "hash queue");
  s.bars("computed/s", shown_rate(k.rate("/hashing/computed")), "hashes");
  s.times("compute time", k.time("hashing", "compute_time"));
  s.row("refused", shown_count(k.total("/hashing/refused")),
        k.rate("/hashing/refused") > 0 ? "! the queue is too long: more hashers or lower argon2 costs" : "");
  s.count("by other nodes", "/hashing/by_others");
  s.count("for other nodes", "/hashing/for_others");
  s.heading("Mail");
  s.bars("waiting in the outbox", shown_count(k.total("/mail/waiting")), "mail");
  s.count("accepted", "/mail/accepted");
  s.count("deferred", "/mail/deferred");
  s.count("refused", "/mail/refused");
  s.count("given up", "/mail/given_up");
  return s;
}

sheet store(const watched_node& n) {
  const auto& k = n.look;
  sheet s(n);
  s.heading("Journal");
  s.bars("commits/s", shown_rate(k.rate("/journal/applied")), "commits");
  s.bars("conflicts/s", shown_rate(k.rate("/journal/conflicts")), "conflicts");
  s.row("failures", shown_count(k.total("/journal/failures")),
        k.rate("/journal/failures") > 0 ? "! the disk is full or broken; see the log" : "");
  const auto batch = k.time("journal", "batch_size");
  s.row("batch size p50, p99", std::to_string(batch.p50.count()) + ", " + std::to_string(batch.p99.count()));
  s.times("commit time", k.time("journal", "commit_time"));
  s.heading("LMDB");
  const auto used = k.total("/store/used_pages") * k.total("/store/page_size");
  s.row("map used", shown_bytes(used),
        "of " + shown_bytes(k.total("/store/map_size")) + ", " + shown_share(used, k.total("/store/map_size")));
  s.row("readers", shown_count(k.total("/store/readers")), "of " + shown_count(k.total("/store/max_readers")));
  s.row("oldest reader", shown_count(k.total("/store/oldest_reader_lag")), "commits behind");
  s.row("audit records", shown_count(k.total("/audit/records")), shown_count(k.total("/audit/lost")) + " lost");
  const auto at = k.now().find("store");
  if (at == k.now().end() || !at->contains("slices")) return s;
  s.heading("Slice", "records", "pages");
  for (const auto& slice : (*at)["slices"])
    s.row(text_of(slice, "slice"), shown_count(number_of(slice, "records")), shown_count(number_of(slice, "pages")));
  return s;
}

sheet connections(const watched_node& n) {
  const auto& k = n.look;
  sheet s(n);
  s.heading("Connections");
  s.bars("open", shown_count(k.total("/listener/gauges/open")), "connections");
  s.bars("requests in flight", shown_count(k.total("/in_flight")), "in flight");
  s.row("most in flight", shown_count(k.total("/most_in_flight")));
  const auto at = k.now().find("listener");
  if (at != k.now().end() && at->contains("counters"))
    for (const auto& [name, value] : (*at)["counters"].items())
      s.row(name, shown_rate(k.rate(("/listener/counters/" + name).c_str())) + "/s",
            shown_count(number_of((*at)["counters"], name.c_str())));
  s.heading("Process");
  s.row("memory", shown_bytes(k.total("/process/resident_bytes")));
  s.bars("CPU", shown_rate(k.rate("/process/cpu_us") / 1e4) + " %", "cpu");
  s.row("open files", shown_count(k.total("/process/open_files")), "of " + shown_count(k.total("/process/max_files")));
  return s;
}

sheet limits(const watched_node& n) {
  const auto& k = n.look;
  sheet s(n);
  const auto at = k.now().find("limits");
  const bool enabled = at != k.now().end() && at->value("enabled", false);
  s.heading("Rate limits");
  s.row("limits", enabled ? "on" : "off", enabled ? "" : "! nothing is limited");
  s.count("buckets", "/limits/buckets");
  s.bars("refused/s", shown_rate(k.rate("/limits/refused")), "limited");
  s.count("refused (429)", "/limits/refused");
  s.row("counted for others", shown_count(k.total("/limits/counted_for_others")),
        k.rate("/limits/counted_for_others") > 0 ? "! nodes are out of reach; see authnzctl cluster status" : "");
  s.heading("Accounts");
  s.count("attempts on record", "/accounts/attempts_kept");
  s.count("locked for failures", "/accounts/autolocks");
  s.count("breach look-ups", "/accounts/breach_lookups");
  s.row("breach list unreachable", shown_count(k.total("/accounts/breach_unreachable")));
  s.heading("Replays");
  s.count("replayed", "/listener/counters/replayed");
  s.count("stale", "/listener/counters/stale");
  s.count("unreadable", "/listener/counters/unreadable");
  return s;
}

bool is_list(const model& m) {
  return m.drilled.empty() && (m.shown == view::actors || m.shown == view::requests || m.shown == view::nodes);
}

lines drilled(const model& m, const canvas& on) {
  for (const auto& [name, n] : m.nodes)
    for (const auto& a : n.look.actors())
      if (m.is_shown(n) && a.actor == m.drilled && a.node == m.drilled_node) return drawn(of_one_actor(a, n), on);
  return {{"  " + m.drilled + (m.all ? " of " + m.drilled_node : "") + " is no longer there; esc goes back",
           emphasis::warning}};
}

lines sheet_of(const model& m, const canvas& on) {
  if (!m.drilled.empty()) return drilled(m, on);
  const auto make = m.shown == view::hashing       ? hashing
                    : m.shown == view::store       ? store
                    : m.shown == view::connections ? connections
                                                   : limits;
  if (!m.all) return drawn(make(m.here()), on);
  std::vector<named_sheet> all;
  for (const auto& [name, n] : m.nodes) all.push_back({name, m.is_shown(n) ? make(n) : sheet(n)});
  return drawn_side_by_side(all, on);
}

/// As much as fits, from where it was scrolled to.
lines part_of(lines&& all, const model& m, const canvas& on) {
  if (all.size() <= on.height || on.height == 0) return std::move(all);
  const auto first = m.drilled.empty() ? std::min(m.selected, all.size() - on.height) : 0;
  const bool more = first + on.height < all.size();
  lines out(all.begin() + static_cast<std::ptrdiff_t>(first),
            all.begin() + static_cast<std::ptrdiff_t>(first + on.height));
  if (more) out.back() = {"  ... down for more", emphasis::faint};
  return out;
}

}  // namespace

std::size_t furthest_scroll(const model& m, const canvas& on) {
  if (is_list(m) || m.here().look.is_empty()) return 0;
  const auto around = frame_lines + remarks(m, on).size();
  const auto room = on.height > around ? on.height - around : 0;
  const auto size = sheet_of(m, on).size();
  return size > room ? size - room : 0;
}

std::vector<drawn_line> panel(const model& m, const canvas& on) {
  if (m.here().look.is_empty()) return {{"  waiting for the node", emphasis::faint}};
  if (!is_list(m)) return part_of(sheet_of(m, on), m, on);
  if (m.shown == view::nodes) return list(m.node_lines(), node_columns(), m, on);
  return m.shown == view::actors ? list(m.actors(), columns_for(actor_columns(), m), m, on)
                                 : list(m.requests(), columns_for(request_columns(), m), m, on);
}

}  // namespace authnz::ctl::top
