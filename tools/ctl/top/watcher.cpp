#include "tools/ctl/top/watcher.hpp"

#include <pthread.h>
#include <csignal>
#include <ctime>

#include <algorithm>
#include <array>
#include <utility>

#include "tools/ctl/every_node.hpp"

namespace authnz::ctl::top {

namespace {

// etcd is asked for them.
constexpr std::chrono::milliseconds between_rosters{2000};

std::string time_of_day() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  std::array<char, 16> text{};
  ::localtime_r(&now, &parts);
  std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
  return text.data();
}

}  // namespace

repetition::repetition(node_options options, std::chrono::milliseconds every, asking ask, telling tell)
    : options_(std::move(options)), every_(every), ask_(std::move(ask)), tell_(std::move(tell)) {
  // Signals, such as those of the terminal's size, are for the thread that draws.
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

repetition::~repetition() {
  end();
  thread_.join();
}

void repetition::end() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
}

void repetition::run() {
  // Made and ended in this thread: CAF waits for ever otherwise.
  std::optional<node_link> link;
  auto next = std::chrono::steady_clock::now();
  for (;;) {
    tell_(ask_once(link));
    next = std::max(next + every_, std::chrono::steady_clock::now());
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, next, [this] { return over_; })) break;
  }
}

repetition::outcome repetition::ask_once(std::optional<node_link>& link) {
  if (!link) {
    auto again = node_link::connect(options_);
    if (!again) return tl::unexpected(again.error());
    link.emplace(std::move(*again));
  }
  auto answer = ask_(*link);
  if (!answer && is_of_the_link(answer.error())) link.reset();
  return answer;
}

watcher::watcher(node_options options, std::chrono::milliseconds every, const std::string& asked, bool all)
    : options_(std::move(options)), every_(every) {
  look_at(asked);
  if (!all) return;
  roster_ = std::make_unique<repetition>(
      options_, std::max(every_, between_rosters),
      [](node_link& link) -> repetition::outcome { return nodes_of(link); },
      [this](const repetition::outcome& names) { told_nodes(names); });
}

watcher::~watcher() {
  if (roster_) roster_->end();
  // Nobody looks at one more from here on.
  roster_.reset();
  for (auto& [node, of] : lookers_) of.looks->end();
}

watcher::news watcher::take() {
  const std::lock_guard lock(mutex_);
  news out{{}, unknown_};
  for (auto& [node, s] : std::exchange(newest_, {})) out.seen.push_back(std::move(s));
  return out;
}

void watcher::look_at(const std::string& node) {
  const auto [at, is_new] = lookers_.try_emplace(node);
  if (!is_new) return;
  auto& of = at->second;
  of.looks = std::make_unique<repetition>(
      options_, every_, [node](node_link& link) { return ask_node(link, node, proto::question::snapshot); },
      [this, node, &of](repetition::outcome now) { told(of, node, std::move(now)); });
}

void watcher::told(looker& of, const std::string& node, repetition::outcome now) {
  sight s{node, std::nullopt, {}, {}};
  if (now) {
    of.last_answer = time_of_day();
    auto before = std::exchange(of.before, *now);
    s.look.emplace(std::move(before), std::move(*now));
  } else {
    s.trouble = now.error().text;
  }
  s.last_answer = of.last_answer;
  const std::lock_guard lock(mutex_);
  newest_[node] = std::move(s);
}

void watcher::told_nodes(const repetition::outcome& names) {
  if (names)
    for (const auto& name : *names) look_at(name.get<std::string>());
  const std::lock_guard lock(mutex_);
  unknown_ = names ? std::string() : names.error().text;
}

}  // namespace authnz::ctl::top
