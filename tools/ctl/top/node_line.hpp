/// A node of a cluster in one line, and the columns of such lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/ctl/actor_columns.hpp"
#include "tools/ctl/node_look.hpp"

namespace authnz::ctl::top {

struct node_line {
  std::string node;
  std::string state;  ///< `ready`, `not ready`, or `no answer`
  std::chrono::seconds up{0};
  double requests = 0;  ///< a second, as all that follow but the next
  std::uint64_t in_flight = 0;
  double commits = 0;
  double hashes = 0;
  double limited = 0;
  std::uint64_t hash_queue = 0;
  std::uint64_t mail = 0;    ///< waiting in the outbox
  double cpu = 0;            ///< per cent of a core
  std::uint64_t memory = 0;  ///< bytes
  std::string duties;        ///< of all, that it has
};

/// Of a node that does not answer (`shown` = false), its name and that.
node_line line_of(const std::string& name, const node_look& look, bool shown);

std::vector<line_column<node_line>> node_columns();

}  // namespace authnz::ctl::top
