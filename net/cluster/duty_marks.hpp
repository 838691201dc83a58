/// The marks of duties in etcd: who holds which, under the holder's lease.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "actors/duties.hpp"
#include "net/cluster/registration.hpp"

namespace authnz::net::cluster {

inline constexpr std::size_t duty_count = static_cast<std::size_t>(actors::duty::count_);

/// The key of a duty's record in the slice `marks`.
std::string key_of(actors::duty d);

/// How things stand, at one moment.
struct duty_marks {
  bool registered = false;                           ///< the registration is there, as it was made
  std::array<std::uint64_t, duty_count> revision{};  ///< of the marks of this node; 0 = it is not this node's
  std::vector<actors::duty> free;
};
etcd::outcome<duty_marks> read_marks(etcd::client& etcd, const storage::cluster_keys& keys, const registration& node);

/// The mark's revision; 0 = somebody else was first, or the registration is gone.
etcd::outcome<std::uint64_t> take(etcd::client& etcd, const storage::cluster_keys& keys, const registration& node,
                                  actors::duty d);
/// Removes the mark if it is still of that revision.
etcd::outcome<void> give_up(etcd::client& etcd, const storage::cluster_keys& keys, actors::duty d,
                            std::uint64_t revision);

}  // namespace authnz::net::cluster
