/// A batch of mini-transactions as one transaction of etcd, and what its
/// answers mean.
///
/// The batch expects the last revision of the node's batch key and writes it,
/// with the process's session and the batch's number as the value: of a batch
/// that is sent again, one copy applies at most, and every later one is told
/// what became of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/etcd/client.hpp"
#include "storage/cluster_keys.hpp"

namespace authnz::net::cluster {

/// Where this process is in its sequence of batches.
struct batch_place {
  std::string session;         ///< of this process; no other ever had it
  std::uint64_t number = 0;    ///< of the batch; 0 is the taking of the batch key
  std::uint64_t expected = 0;  ///< revision of the batch key before it
};

/// The value of the batch key.
std::string batch_value(const batch_place& p);

/// Requires mini-transactions of scope `cluster` that are well-formed and may
/// share a batch (storage/batching.hpp).
etcd::transaction compose(const storage::cluster_keys& keys, const std::string& node, const batch_place& p,
                          std::span<const storage::mini_transaction* const> batch);

/// Reads what became of copies that were sent, and changes nothing: answers as a
/// copy does that comes too late.
etcd::transaction inquire(const storage::cluster_keys& keys, const std::string& node);

/// What an answer says about the batch.
struct batch_outcome {
  enum class kind : std::uint8_t {
    decided,    ///< it was applied, now or by an earlier copy
    displaced,  ///< not applied: the batch key has another revision of this session; go on from there
    fenced,     ///< not applied by this copy: another process has taken the node's name
  };
  kind what{};
  std::uint64_t revision = 0;  ///< decided: of the batch; displaced: of the batch key
  std::vector<bool> held;      ///< decided: which parts were applied
};

/// Nothing if the answer has another form than a batch of `parts` parts has.
std::optional<batch_outcome> read_outcome(const etcd::transaction_answer& answer, const storage::cluster_keys& keys,
                                          const std::string& node, const batch_place& p, std::size_t parts);

}  // namespace authnz::net::cluster
