#include "tools/ctl/top/model.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "tools/ctl/actor_columns.hpp"

namespace authnz::ctl::top {

namespace {

constexpr std::size_t a_page = 10;
constexpr std::size_t longest_filter = 40;
constexpr auto every_view = static_cast<std::size_t>(view::count_);

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return c < 0x80 ? std::tolower(c) : c; });
  return text;
}

template <class Line, class... Members>
void keep_matching(std::vector<Line>& lines, const std::string& filter, Members... members) {
  if (filter.empty()) return;
  const auto wanted = lower(filter);
  std::erase_if(lines, [&](const Line& l) { return ((lower(l.*members).find(wanted) == std::string::npos) && ...); });
}

}  // namespace

std::string_view title(view v) {
  constexpr std::array<std::string_view, every_view> titles{"Actors",      "Requests", "Hashers", "Store",
                                                            "Connections", "Limits",   "Nodes"};
  return titles.at(static_cast<std::size_t>(v));
}

void model::ask(const std::string& name) {
  asked = name;
  nodes = {{name, {}}};
}

bool model::is_shown(const watched_node& n) const {
  return !n.look.is_empty() && (n.trouble.empty() || !here().trouble.empty());
}

std::size_t model::views() const { return every_view - (all ? 0 : 1); }

void model::see(const std::string& node, node_look next) {
  // A picture that is held does not change in parts.
  if (paused && node != asked) return;
  auto& seen = nodes[node];
  seen.trouble.clear();
  if (paused) return;
  seen.look = std::move(next);
  note(seen);
  if (node == asked) note_sums();
}

void model::note(watched_node& of) {
  const auto& look = of.look;
  auto& history = of.history;
  const auto line = line_of({}, look, true);
  history["requests"].add(line.requests);
  history["in flight"].add(static_cast<double>(line.in_flight));
  history["connections"].add(static_cast<double>(look.total("/listener/gauges/open")));
  history["commits"].add(line.commits);
  history["conflicts"].add(look.rate("/journal/conflicts"));
  history["hashes"].add(line.hashes);
  history["hash queue"].add(static_cast<double>(line.hash_queue));
  history["limited"].add(line.limited);
  history["mail"].add(static_cast<double>(line.mail));
  history["cpu"].add(line.cpu);
  for (const auto& a : look.actors()) {
    history["actor/" + a.actor].add(a.rate);
    history["in hand/" + a.actor].add(static_cast<double>(a.in_flight));
  }
}

void model::note_sums() {
  for (const auto* name : {"requests", "in flight", "commits", "hashes"}) {
    double sum = 0;
    for (const auto& [node, n] : nodes)
      if (const auto at = n.history.find(name); is_shown(n) && at != n.history.end()) sum += at->second.values().back();
    history[name].add(sum);
  }
}

void model::lose(const std::string& node, std::string why, std::string last_answer) {
  if (paused && node != asked) return;
  auto& seen = nodes[node];
  seen.trouble = std::move(why);
  seen.since = std::move(last_answer);
}

std::vector<actor_line> model::actors() const {
  std::vector<actor_line> lines;
  for (const auto& [name, n] : nodes)
    if (is_shown(n)) std::ranges::move(n.look.actors(), std::back_inserter(lines));
  if (all)
    keep_matching(lines, filter, &actor_line::node, &actor_line::actor, &actor_line::state, &actor_line::last_request);
  else
    keep_matching(lines, filter, &actor_line::actor, &actor_line::state, &actor_line::last_request);
  if (sort_actors > 0) sort_by(lines, actor_columns().at(sort_actors));
  return lines;
}

std::vector<request_line> model::requests() const {
  std::vector<request_line> lines;
  for (const auto& [name, n] : nodes)
    if (is_shown(n)) std::ranges::move(n.look.requests(), std::back_inserter(lines));
  if (all)
    keep_matching(lines, filter, &request_line::node, &request_line::request);
  else
    keep_matching(lines, filter, &request_line::request);
  if (sort_requests > 0) sort_by(lines, request_columns().at(sort_requests));
  return lines;
}

std::vector<node_line> model::node_lines() const {
  std::vector<node_line> lines;
  for (const auto& [name, n] : nodes) lines.push_back(line_of(name, n.look, is_shown(n)));
  keep_matching(lines, filter, &node_line::node, &node_line::state, &node_line::duties);
  if (sort_nodes > 0) sort_by(lines, node_columns().at(sort_nodes));
  return lines;
}

std::size_t model::rows() const {
  switch (shown) {
    case view::actors: return actors().size();
    case view::requests: return requests().size();
    case view::nodes: return node_lines().size();
    default: return furthest + 1;
  }
}

void model::press(char32_t key) {
  if (typing_filter) return type(key);
  if (help) {
    help = false;
    if (key != U'q') return;
  }
  command(key);
  const auto last = std::max<std::size_t>(rows(), 1) - 1;
  selected = std::min(selected, last);
}

void model::type(char32_t key) {
  if (key == key_enter) typing_filter = false;
  if (key == key_escape) {
    typing_filter = false;
    filter.clear();
  }
  if (key == key_backspace && !filter.empty()) filter.pop_back();
  if (key >= U' ' && key < 0x7F && filter.size() < longest_filter) filter += static_cast<char>(key);
  selected = 0;
}

void model::command(char32_t key) {
  const auto here = static_cast<std::size_t>(shown);
  if (key >= U'1' && key < U'1' + views()) return show(static_cast<view>(key - U'1'));
  switch (key) {
    case U'q': over = true; break;
    case U'?': help = true; break;
    case U' ': paused = !paused; break;
    case U's': sort(); break;
    case U'/':
      typing_filter = true;
      drilled.clear();
      break;
    case key_tab: return show(static_cast<view>((here + 1) % views()));
    case key_back_tab: return show(static_cast<view>((here + views() - 1) % views()));
    case key_enter: look_at_selected(); break;
    case key_escape:
      if (drilled.empty()) filter.clear();
      drilled.clear();
      break;
    case key_up:
    case U'k': selected -= std::min<std::size_t>(selected, 1); break;
    case key_down:
    case U'j': ++selected; break;
    case key_page_up: selected -= std::min(selected, a_page); break;
    case key_page_down: selected += a_page; break;
    case key_home: selected = 0; break;
    case key_end: selected = std::max<std::size_t>(rows(), 1) - 1; break;
    default: break;
  }
}

void model::show(view v) {
  shown = v;
  selected = 0;
  drilled.clear();
}

void model::look_at_selected() {
  const auto lines = actors();
  if (shown != view::actors || selected >= lines.size()) return;
  drilled = lines[selected].actor;
  drilled_node = lines[selected].node;
}

void model::sort() {
  if (shown == view::actors) sort_actors = (sort_actors + 1) % actor_columns().size();
  if (shown == view::requests) sort_requests = (sort_requests + 1) % request_columns().size();
  if (shown == view::nodes) sort_nodes = (sort_nodes + 1) % node_columns().size();
}

}  // namespace authnz::ctl::top
