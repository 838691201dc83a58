/// What a node needs to know to be one of a cluster.
#pragma once

#include <chrono>
#include <string>

#include "net/etcd/client.hpp"

namespace authnz::net::cluster {

enum class consistency : std::uint8_t {
  bounded,  ///< decides on a state that is at most `bound` old
  strict,   ///< decides on a state that is newer than the request
};

struct options {
  etcd::options etcd;
  std::string prefix = "authnz";  ///< of all keys in etcd; see storage/cluster_keys.hpp
  std::string session;            ///< of this process, random; empty = one is made up
  std::string node;               ///< this node's name: 1 to 64 letters, digits, `-`, `_` and `.`; unique
  std::string address;            ///< where administrators reach it, HOST:PORT; may be empty
  std::string link = {};          ///< where other nodes link to it, HOST:PORT; empty = it has no links
  std::string version;            ///< of the program
  consistency reads = consistency::bounded;
  std::chrono::milliseconds bound{1000};
  std::chrono::seconds lease{5};  ///< after a node's death its duties are free
  std::chrono::hours history{1};  ///< of etcd's revisions that are kept; 0 = they are not compacted
};

}  // namespace authnz::net::cluster
