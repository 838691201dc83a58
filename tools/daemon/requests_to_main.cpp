#include "tools/daemon/requests_to_main.hpp"

namespace authnz::daemon {

void requests_to_main::stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  changed_.notify_all();
}

void requests_to_main::reload() {
  const std::lock_guard lock(mutex_);
  ++wanted_;
  changed_.notify_all();
}

std::optional<std::vector<std::string>> requests_to_main::reload_and_wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto mine = ++wanted_;
  changed_.notify_all();
  if (!changed_.wait_for(lock, patience, [&] { return done_ >= mine || stop_; }) || done_ < mine) return std::nullopt;
  return kept_;
}

void requests_to_main::serve(const std::function<std::vector<std::string>()>& reload) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || done_ < wanted_; });
    if (stop_) return;
    // One reload serves all who asked before it began.
    const auto serves = wanted_;
    lock.unlock();
    auto kept = reload();
    lock.lock();
    kept_ = std::move(kept);
    done_ = serves;
    changed_.notify_all();
  }
}

}  // namespace authnz::daemon
