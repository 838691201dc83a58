/// Commits batches to etcd, and finds out about outcomes that are unknown.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "net/cluster/batch.hpp"
#include "net/cluster/options.hpp"
#include "storage/batching.hpp"

namespace authnz::net::cluster {

/// One thread at a time; `stop` and `trouble` from any.
class journal {
 public:
  struct committed {
    std::vector<storage::commit_result> results;  ///< one a mini-transaction, in order
    std::uint64_t revision = 0;                   ///< of the last batch; whoever goes on waits for it. 0 = none
  };
  /// What is wrong, or nothing any more; one line.
  using trouble_told = std::function<void(const std::string&)>;

  journal(const options& o, storage::cluster_keys keys, trouble_told tell);

  /// Takes the node's batch key. Whoever had it commits nothing any more. Tries
  /// until it is done; false = a stop was asked for, or it was refused, and
  /// `trouble` says why.
  bool take_key();

  /// All of scope `cluster` and well-formed. While etcd is out of reach and
  /// nothing was sent: `unavailable` after about a second. Once something was
  /// sent, returns when its outcome is known, or, with `unknown`, when a stop was
  /// asked for; or, where etcd takes no writes any more, when a copy on its way
  /// must have arrived.
  ///
  /// When another process has taken the node's name in between, takes it back if
  /// this one is registered. A batch that was under way then is `unknown`.
  committed commit(std::span<const storage::mini_transaction* const> all);

  void stop() noexcept;
  std::string trouble() const;
  std::uint64_t batches() const noexcept { return batches_; }
  std::uint64_t unknown_outcomes() const noexcept { return unknown_; }

 private:
  using results = std::vector<storage::commit_result>;
  using batch_span = std::span<const storage::mini_transaction* const>;
  class sending;

  results commit_batch(batch_span batch, std::uint64_t& revision);
  results commit_halves(batch_span batch, std::uint64_t& revision);
  static storage::commit_result undecided(const sending& copies);
  results conclude(const batch_outcome& decided, std::uint64_t& revision);
  /// What became of copies that were sent; nothing = none was applied so far.
  std::optional<batch_outcome> find_out(std::size_t parts);
  /// Whether the batch key is this process's again.
  bool take_back();
  void rest(int attempts) const;
  void say(const std::string& text);

  const options options_;
  const storage::cluster_keys keys_;
  const trouble_told tell_;
  etcd::client etcd_;
  batch_place place_;
  storage::batch_limits limits_;
  std::stop_source stop_;
  std::atomic<std::uint64_t> batches_ = 0;
  std::atomic<std::uint64_t> unknown_ = 0;
  mutable std::mutex mutex_;
  std::string trouble_;
};

}  // namespace authnz::net::cluster
