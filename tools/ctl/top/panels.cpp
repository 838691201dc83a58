#include <algorithm>

#include "tools/ctl/actor_columns.hpp"
#include "tools/ctl/top/render.hpp"
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

constexpr std::size_t name_width = 24;
constexpr std::size_t value_width = 12;

class sheet {
 public:
  sheet(const model& m, const canvas& on) : m_(m), on_(on) {}
  lines out;

  void heading(const std::string& text) {
    if (!out.empty()) out.push_back({});
    out.push_back({text, emphasis::faint});
  }
  void row(const std::string& name, const std::string& value, const std::string& remark = {}) {
    const bool remarkable = remark.starts_with('!');
    out.push_back({"  " + fitted(name, name_width) + fitted(value, value_width, align::right) +
                       (remark.empty() ? "" : "  " + remark),
                   remarkable ? emphasis::warning : emphasis::none});
  }
  void bars(const std::string& name, const std::string& value, const std::string& key) {
    const auto used = 2 + name_width + value_width + 2;
    const auto width = on_.width > used ? std::min(series::most, on_.width - used) : 0;
    const auto at = m_.history.find(key);
    row(name, value, at == m_.history.end() ? "" : sparkline(at->second.values(), width, on_.ascii));
  }
  void count(const std::string& name, const char* pointer) { row(name, shown_count(m_.look.total(pointer))); }
  void times(const std::string& name, const time_taken& t) {
    row(name + " p50", t.events == 0 ? "-" : shown_duration(t.p50));
    row(name + " p99", t.events == 0 ? "-" : shown_duration(t.p99));
  }

 private:
  const model& m_;
  const canvas& on_;
};

lines one_actor(const model& m, const canvas& on) {
  const auto all = m.look.actors();
  const auto at = std::ranges::find(all, m.drilled, &actor_line::actor);
  if (at == all.end()) return {{"  " + m.drilled + " is no longer there; esc goes back", emphasis::warning}};
  const auto& a = *at;
  sheet s(m, on);
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
  return s.out;
}

lines hashing(const model& m, const canvas& on) {
  const auto& k = m.look;
  sheet s(m, on);
  s.heading("Password hashes");
  s.row("workers busy", shown_count(k.total("/hashing/busy")) + " of " + shown_count(k.total("/hashing/workers")));
  s.bars("queued", shown_count(k.total("/hashing/queued")), "hash queue");
  s.bars("computed/s", shown_rate(k.rate("/hashing/computed")), "hashes");
  s.times("compute time", k.time("hashing", "compute_time"));
  s.row("refused", shown_count(k.total("/hashing/refused")),
        k.rate("/hashing/refused") > 0 ? "! the queue is too long: more hashers or lower argon2 costs" : "");
  s.heading("Mail");
  s.bars("waiting in the outbox", shown_count(k.total("/mail/waiting")), "mail");
  s.count("accepted", "/mail/accepted");
  s.count("deferred", "/mail/deferred");
  s.count("refused", "/mail/refused");
  s.count("given up", "/mail/given_up");
  return s.out;
}

lines store(const model& m, const canvas& on) {
  const auto& k = m.look;
  sheet s(m, on);
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
  if (at == k.now().end() || !at->contains("slices")) return s.out;
  s.heading(fitted("Slice", name_width + 2) + fitted("records", value_width, align::right) + "  pages");
  for (const auto& slice : (*at)["slices"])
    s.row(text_of(slice, "slice"), shown_count(number_of(slice, "records")), shown_count(number_of(slice, "pages")));
  return s.out;
}

lines connections(const model& m, const canvas& on) {
  const auto& k = m.look;
  sheet s(m, on);
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
  return s.out;
}

lines limits(const model& m, const canvas& on) {
  const auto& k = m.look;
  sheet s(m, on);
  const auto at = k.now().find("limits");
  const bool enabled = at != k.now().end() && at->value("enabled", false);
  s.heading("Rate limits");
  s.row("limits", enabled ? "on" : "off", enabled ? "" : "! nothing is limited");
  s.count("buckets", "/limits/buckets");
  s.bars("refused/s", shown_rate(k.rate("/limits/refused")), "limited");
  s.count("refused (429)", "/limits/refused");
  s.heading("Accounts");
  s.count("attempts on record", "/accounts/attempts_kept");
  s.count("locked for failures", "/accounts/autolocks");
  s.count("breach look-ups", "/accounts/breach_lookups");
  s.row("breach list unreachable", shown_count(k.total("/accounts/breach_unreachable")));
  s.heading("Replays");
  s.count("replayed", "/listener/counters/replayed");
  s.count("stale", "/listener/counters/stale");
  s.count("unreadable", "/listener/counters/unreadable");
  return s.out;
}

bool is_list(const model& m) { return m.drilled.empty() && (m.shown == view::actors || m.shown == view::requests); }

lines sheet_of(const model& m, const canvas& on) {
  if (!m.drilled.empty()) return one_actor(m, on);
  switch (m.shown) {
    case view::hashing: return hashing(m, on);
    case view::store: return store(m, on);
    case view::connections: return connections(m, on);
    case view::limits: return limits(m, on);
    default: return {};
  }
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
  if (is_list(m) || m.look.is_empty()) return 0;
  const auto room = on.height > frame_lines ? on.height - frame_lines : 0;
  const auto size = sheet_of(m, on).size();
  return size > room ? size - room : 0;
}

std::vector<drawn_line> panel(const model& m, const canvas& on) {
  if (m.look.is_empty()) return {{"  waiting for the node", emphasis::faint}};
  if (!is_list(m)) return part_of(sheet_of(m, on), m, on);
  return m.shown == view::actors ? list(m.actors(), actor_columns(), m, on)
                                 : list(m.requests(), request_columns(), m, on);
}

}  // namespace authnz::ctl::top
