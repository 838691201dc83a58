/// Read transactions that wait to be used again, and a gate that keeps readers
/// out while the map is exchanged.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "storage/lmdb_state.hpp"

namespace authnz::storage {

class reader_pool {
 public:
  /// A transaction on the newest state; null if LMDB gives none. Waits while
  /// the gate is shut.
  txn_ptr take(const env_ptr& env);
  /// Every transaction that was taken comes back once, before the environment
  /// is closed; its state is no longer to be read.
  void give_back(txn_ptr txn) noexcept;

  /// Shuts the gate and waits, for `patience` at most, until no transaction is
  /// out. Opens it again at the end of its life.
  class pause {
   public:
    pause(reader_pool& pool, std::chrono::milliseconds patience);
    ~pause();
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;

    /// Whether nobody reads; else the map must stay.
    bool holds() const noexcept { return holds_; }
    /// Ends the waiting transactions, so that the environment can be closed.
    /// Requires `holds`.
    void drop_idle() noexcept;

   private:
    reader_pool& pool_;
    bool holds_;
  };

 private:
  txn_ptr enter();
  void leave() noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<txn_ptr> idle_;
  std::size_t out_ = 0;
  bool shut_ = false;
};

}  // namespace authnz::storage
