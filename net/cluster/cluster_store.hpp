/// The store of a node of a cluster: reads come from the node's own LMDB, a
/// projection of what etcd has; commits go to etcd, and return when the node's
/// projection has them.
///
/// Mini-transactions that touch slices of scope `node` alone are committed to
/// LMDB. One that touches both kinds is malformed (`storage_error`).
///
/// An outcome that is unknown (a member died after the transaction was sent) is
/// found out: every batch expects the last revision of the node's own batch key
/// and writes it, so that it cannot apply twice; every part of a batch that
/// holds writes a mark of its own. Whoever sends the same batch again learns
/// from the marks what became of it. Until then nobody is told anything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/freshness_gate.hpp"
#include "net/cluster/options.hpp"
#include "storage/environment.hpp"

namespace authnz::net::cluster {

/// What goes on between the node and etcd.
struct cluster_state {
  std::string cluster;  ///< its id
  std::string node;
  std::uint64_t applied = 0;  ///< revision of the projection
  std::uint64_t head = 0;     ///< the cluster's last revision, as far as it is known
  std::int64_t age_ms = -1;   ///< of the state that is decided on; -1 = unknown
  bool whole = false;         ///< false = the projection is being rebuilt
  bool fresh = false;
  std::uint64_t batches = 0;
  std::uint64_t unknown_outcomes = 0;  ///< that were found out, or are being
  std::uint64_t rebuilds = 0;
  std::uint64_t reconnects = 0;  ///< of the watch
  std::string trouble;           ///< what is wrong now, one line; empty = nothing
};

/// One line for the log: a name such as `cluster.rebuilding`, and what is to be known.
using cluster_log = std::function<void(const std::string& event, const std::string& text)>;

class cluster_store final : public storage::store, public actors::freshness_gate {
 public:
  /// `projected` outlives it. `event_of_gap`: the audit trail's text for a gap.
  cluster_store(storage::environment& projected, const options& o, cluster_log log,
                std::function<std::string()> event_of_gap);
  ~cluster_store() override;  ///< stops

  /// Joins: checks the cluster's identity against the store's, brings the
  /// projection up to date, and follows from there on. The error is one line
  /// that says what to do. May take long; `stop` ends it.
  tl::expected<void, std::string> start();
  void stop();

  std::unique_ptr<storage::view> read() override;
  std::vector<storage::commit_result> commit(std::span<const storage::mini_transaction* const> batch) override;
  std::string last_failure() const override;

  bool lets_in(proto::exchange_ptr& ex, const way_on& then) noexcept override;
  std::string not_fresh() const override;

  cluster_state look() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net::cluster
