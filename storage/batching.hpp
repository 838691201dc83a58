/// Which mini-transactions may share one transaction of the cluster's engine.
///
/// etcd judges all compares of a transaction before it applies anything, and
/// refuses one that puts a key twice. So a mini-transaction that expects or
/// writes a key that an earlier one of the batch writes waits for the next
/// batch: else two could pass where no order of them allows both.
#pragma once

#include <cstddef>
#include <span>

#include "storage/transaction.hpp"

namespace authnz::storage {

struct batch_limits {
  std::size_t operations = 1024;  ///< etcd's --max-txn-ops
  /// Of keys and values, and 128 a key for what is around it; etcd's
  /// --max-request-bytes is 1.5 MiB by default.
  std::size_t bytes = 1'000'000;
  std::size_t transactions = 256;
};

/// Operations that a batch has beside its parts.
inline constexpr std::size_t batch_overhead = 2;

/// Whether one alone fits. One that does not can never be committed.
bool fits(const mini_transaction& tx, const batch_limits& limits);

/// How many of the first of `queue` may go together; at least 1 if the first
/// fits. etcd counts the parts, and the larger of compares and operations of
/// the largest part, which here includes its mark.
std::size_t shareable(std::span<const mini_transaction* const> queue, const batch_limits& limits);

}  // namespace authnz::storage
