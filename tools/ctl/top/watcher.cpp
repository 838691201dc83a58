#include "tools/ctl/top/watcher.hpp"

#include <pthread.h>
#include <csignal>
#include <ctime>

#include <array>

namespace authnz::ctl::top {

namespace {

std::string time_of_day() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  std::array<char, 16> text{};
  ::localtime_r(&now, &parts);
  std::strftime(text.data(), text.size(), "%H:%M:%S", &parts);
  return text.data();
}

}  // namespace

watcher::watcher(node_options options, std::chrono::milliseconds every) : options_(std::move(options)), every_(every) {
  // Signals, such as those of the terminal's size, are for the thread that draws.
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

watcher::~watcher() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<sight> watcher::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(newest_, std::nullopt);
}

void watcher::run() {
  auto next = std::chrono::steady_clock::now();
  for (;;) {
    look_once();
    next = std::max(next + every_, std::chrono::steady_clock::now());
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, next, [this] { return over_; })) break;
  }
  link_.reset();
}

void watcher::look_once() {
  if (!link_) {
    auto again = node_link::connect(options_);
    if (!again) return put({std::nullopt, again.error().text, last_answer_});
    link_.emplace(std::move(*again));
  }
  auto now = link_->ask(proto::question::snapshot);
  if (!now) {
    link_.reset();
    return put({std::nullopt, now.error().text, last_answer_});
  }
  last_answer_ = time_of_day();
  auto before = std::exchange(before_, *now);
  put({node_look(std::move(before), std::move(*now)), {}, last_answer_});
}

void watcher::put(sight s) {
  const std::lock_guard lock(mutex_);
  newest_ = std::move(s);
}

}  // namespace authnz::ctl::top
