/// What a store can do: show one consistent state, and commit a batch.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/transaction.hpp"

namespace authnz::storage {

/// Implementations outlive every view they gave out.
class store {
 public:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  virtual ~store() = default;

  /// The state after the last commit. Never null: when the store cannot be
  /// read, the view is empty and has a fault. Callable from any thread; a view
  /// belongs to one thread at a time and should live as long as one decision,
  /// as old states are kept, and the store cannot grow, while somebody looks.
  virtual std::unique_ptr<view> read() = 0;

  /// Judges each mini-transaction in order, against the state that the earlier
  /// ones of the batch leave behind, and makes those that hold durable
  /// together. Results are in the order of the batch. If the store fails, none
  /// of the batch is written, and none is `applied`. Revisions ascend strictly
  /// from 1 across the store, one an applied mini-transaction.
  ///
  /// `storage_error` without any failure of the store: the mini-transaction
  /// touches a derived slice or the store's own records, has a key that is
  /// empty or longer than `max_key_size`, writes a key twice, or depends on a
  /// damaged record.
  ///
  /// Blocks; one caller at a time.
  virtual std::vector<commit_result> commit(std::span<const mini_transaction* const> batch) = 0;

  /// Why the last batch that failed did so, for the log; empty if none has.
  virtual std::string last_failure() const = 0;
};

inline constexpr std::size_t max_key_size = 511;  ///< bytes; LMDB's limit

}  // namespace authnz::storage
