#include "storage/reader_pool.hpp"

#include <utility>

namespace authnz::storage {

txn_ptr reader_pool::enter() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !shut_; });
  ++out_;
  if (idle_.empty()) {
    // So that giving back cannot fail.
    idle_.reserve(out_);
    return nullptr;
  }
  auto txn = std::move(idle_.back());
  idle_.pop_back();
  return txn;
}

void reader_pool::leave() noexcept {
  const std::lock_guard lock(mutex_);
  if (--out_ == 0 && shut_) changed_.notify_all();
}

txn_ptr reader_pool::take(const env_ptr& env) {
  auto txn = enter();
  if (txn && mdb_txn_renew(txn.get()) == MDB_SUCCESS) return txn;
  txn.reset();
  MDB_txn* fresh = nullptr;
  if (env && mdb_txn_begin(env.get(), nullptr, MDB_RDONLY, &fresh) == MDB_SUCCESS) return txn_ptr(fresh);
  leave();
  return nullptr;
}

void reader_pool::give_back(txn_ptr txn) noexcept {
  mdb_txn_reset(txn.get());
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(txn));
  if (--out_ == 0 && shut_) changed_.notify_all();
}

reader_pool::pause::pause(reader_pool& pool, std::chrono::milliseconds patience) : pool_(pool) {
  std::unique_lock lock(pool_.mutex_);
  pool_.shut_ = true;
  holds_ = pool_.changed_.wait_for(lock, patience, [&] { return pool_.out_ == 0; });
}

reader_pool::pause::~pause() {
  const std::lock_guard lock(pool_.mutex_);
  pool_.shut_ = false;
  pool_.changed_.notify_all();
}

void reader_pool::pause::drop_idle() noexcept {
  const std::lock_guard lock(pool_.mutex_);
  pool_.idle_.clear();
}

}  // namespace authnz::storage
