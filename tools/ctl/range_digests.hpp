/// Digests of ranges of records, asked of nodes and made of what etcd has.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "net/etcd/client.hpp"
#include "storage/cluster_keys.hpp"
#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

struct key_range {
  storage::slice in{};
  std::string first = {};               ///< hexadecimal; empty = the slice's beginning
  std::optional<std::string> end = {};  ///< exclusive; nothing = the slice's end
};

struct range_answer {
  std::string cluster;  ///< its id; of a node's answer alone
  std::uint64_t revision = 0;
  bool whole = false;  ///< false = the node is being rebuilt, or etcd has forgotten the revision
  std::uint64_t records = 0;
  std::string sha256;
  std::optional<std::string> next;  ///< the first key that was left out for the limit

  bool has_what(const range_answer& other) const { return sha256 == other.sha256 && next == other.next; }
};

struct asked_node {
  std::string name;
  node_link link;
};

/// Of `limit` records at most.
tl::expected<range_answer, link_error> ask_digest(asked_node& node, const key_range& r, int limit);

/// Of all records of the range, as etcd had them at the revision.
tl::expected<range_answer, link_error> digest_of_etcd(net::etcd::client& etcd, const storage::cluster_keys& keys,
                                                      const key_range& r, std::uint64_t revision);

}  // namespace authnz::ctl
