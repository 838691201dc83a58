#include "tools/daemon/notify.hpp"

#include <systemd/sd-daemon.h>

#include <string>
#include <utility>

namespace authnz::daemon {

void notify_ready() noexcept { sd_notify(0, "READY=1"); }

void notify_starting() noexcept { sd_notify(0, "EXTEND_TIMEOUT_USEC=60000000"); }

void notify_reloading() noexcept {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", static_cast<long long>(now.count()));
}

void notify_stopping() noexcept { sd_notify(0, "STOPPING=1"); }

std::optional<std::chrono::microseconds> watchdog_interval() noexcept {
  std::uint64_t limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0 || limit < 2) return std::nullopt;
  return std::chrono::microseconds(limit / 2);
}

watchdog::watchdog(std::function<bool()> alive) : alive_(std::move(alive)) {
  if (const auto interval = watchdog_interval()) thread_ = std::thread([this, interval] { run(*interval); });
}

watchdog::~watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void watchdog::run(std::chrono::microseconds interval) {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    if (alive_()) sd_notify(0, "WATCHDOG=1");
    lock.lock();
    changed_.wait_for(lock, interval, [this] { return ending_; });
  }
}

}  // namespace authnz::daemon
