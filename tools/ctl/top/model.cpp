#include "tools/ctl/top/model.hpp"

#include <algorithm>
#include <array>

#include "tools/ctl/actor_columns.hpp"

namespace authnz::ctl::top {

namespace {

constexpr std::size_t a_page = 10;
constexpr std::size_t longest_filter = 40;
constexpr auto views = static_cast<std::size_t>(view::count_);

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
  constexpr std::array<std::string_view, views> titles{"Actors", "Requests",    "Hashers",
                                                       "Store",  "Connections", "Limits"};
  return titles.at(static_cast<std::size_t>(v));
}

void model::see(node_look next) {
  trouble.clear();
  if (paused) return;
  look = std::move(next);
  double requests = 0;
  for (const auto& r : look.requests()) requests += r.rate;
  history["requests"].add(requests);
  history["in flight"].add(static_cast<double>(look.total("/in_flight")));
  history["connections"].add(static_cast<double>(look.total("/listener/gauges/open")));
  history["commits"].add(look.rate("/journal/applied"));
  history["conflicts"].add(look.rate("/journal/conflicts"));
  history["hashes"].add(look.rate("/hashing/computed"));
  history["hash queue"].add(static_cast<double>(look.total("/hashing/queued")));
  history["limited"].add(look.rate("/limits/refused"));
  history["mail"].add(static_cast<double>(look.total("/mail/waiting")));
  history["cpu"].add(look.rate("/process/cpu_us") / 1e4);
  history["commit time"].add(static_cast<double>(look.time("journal", "commit_time").p50.count()));
  for (const auto& a : look.actors()) {
    history["actor/" + a.actor].add(a.rate);
    history["in hand/" + a.actor].add(static_cast<double>(a.in_flight));
  }
}

void model::lose(std::string why, std::string last_answer) {
  trouble = std::move(why);
  since = std::move(last_answer);
}

std::vector<actor_line> model::actors() const {
  auto lines = look.actors();
  keep_matching(lines, filter, &actor_line::actor, &actor_line::state, &actor_line::last_request);
  if (sort_actors > 0) sort_by(lines, actor_columns().at(sort_actors));
  return lines;
}

std::vector<request_line> model::requests() const {
  auto lines = look.requests();
  keep_matching(lines, filter, &request_line::request);
  if (sort_requests > 0) sort_by(lines, request_columns().at(sort_requests));
  return lines;
}

std::size_t model::rows() const {
  if (shown == view::actors) return actors().size();
  return shown == view::requests ? requests().size() : furthest + 1;
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
  if (key >= U'1' && key < U'1' + views) return show(static_cast<view>(key - U'1'));
  switch (key) {
    case U'q': over = true; break;
    case U'?': help = true; break;
    case U' ': paused = !paused; break;
    case U's': sort(); break;
    case U'/':
      typing_filter = true;
      drilled.clear();
      break;
    case key_tab: return show(static_cast<view>((here + 1) % views));
    case key_back_tab: return show(static_cast<view>((here + views - 1) % views));
    case key_enter:
      if (const auto all = actors(); shown == view::actors && selected < all.size()) drilled = all[selected].actor;
      break;
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

void model::sort() {
  if (shown == view::actors) sort_actors = (sort_actors + 1) % actor_columns().size();
  if (shown == view::requests) sort_requests = (sort_requests + 1) % request_columns().size();
}

}  // namespace authnz::ctl::top
