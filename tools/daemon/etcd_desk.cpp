#include "tools/daemon/etcd_desk.hpp"

#include <utility>

namespace authnz::daemon {

etcd_desk::etcd_desk(net::etcd::options o) : etcd_(std::move(o)), thread_([this] { run(); }) {}

etcd_desk::~etcd_desk() { stop(); }

bool etcd_desk::ask(question q) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || waiting_.size() >= most_waiting) return false;
  waiting_.push_back(std::move(q));
  changed_.notify_one();
  return true;
}

void etcd_desk::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  etcd_.stop();
  if (thread_.joinable()) thread_.join();
}

void etcd_desk::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return waiting_.clear();
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next(etcd_);
    lock.lock();
  }
}

}  // namespace authnz::daemon
