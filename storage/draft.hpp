/// The state of a batch that is not committed yet, and how mini-transactions
/// are judged against it: the same for every store.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/transaction.hpp"

namespace authnz::storage {

/// Reads see the writes. Whoever made the draft commits it or drops it.
class draft : public view {
 public:
  virtual void put(slice in, std::string_view key, std::uint64_t revision, std::string_view value) = 0;
  virtual void erase(slice in, std::string_view key) = 0;
  /// Whether a write failed; then the whole draft is void.
  virtual bool failed() const noexcept = 0;

  void clear_fault() noexcept { fault_ = false; }
};

/// Whether it keeps to what store.hpp asks of every mini-transaction: primary
/// slices, keys of a proper size that are not the store's own, none written twice.
bool is_well_formed(const mini_transaction& tx);

/// Applies a mini-transaction, its records getting `revision`, if it holds;
/// else writes nothing. Never `storage_full`: look at `failed` afterwards.
commit_result judge(draft& state, const mini_transaction& tx, std::uint64_t revision);

}  // namespace authnz::storage
