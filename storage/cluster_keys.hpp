/// How a cluster's state is laid out in the engine's keys.
///
///     PREFIX/cluster               who the cluster is; made by `authnzctl cluster init`
///     PREFIX/members/NODE          a running node, under its lease
///     PREFIX/d/head                written by every batch: its revision is the state's last, and its value
///                                  never comes again
///     PREFIX/d/b/NODE              written by every batch of that node
///     PREFIX/d/b/NODE/PPPP         written by part PPPP (4 hexadecimal digits) of a batch, if it holds;
///                                  the value is the part's events
///     PREFIX/d/r/SLICE/KEY         a record
///
/// All that a projection follows is under PREFIX/d/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/transaction.hpp"

namespace authnz::storage {

/// What a key under PREFIX/d/ is. Views point into the key.
struct cluster_key {
  enum class kind : std::uint8_t { head, batch, part, record, other };
  kind what = kind::other;
  slice in{};                  ///< of a record
  std::string_view key = {};   ///< of a record
  std::string_view node = {};  ///< of a batch or a part
};

class cluster_keys {
 public:
  /// `prefix` as configured: letters, digits, `-`, `_`, `.` and `/`, not at its ends.
  explicit cluster_keys(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string identity() const { return prefix_ + "/cluster"; }
  std::string members() const { return prefix_ + "/members/"; }
  std::string member(std::string_view node) const { return members() + std::string(node); }
  std::string data() const { return prefix_ + "/d/"; }
  std::string head() const { return data() + "head"; }
  std::string batch(std::string_view node) const { return data() + "b/" + std::string(node); }
  std::string part(std::string_view node, std::size_t n) const;
  std::string parts(std::string_view node) const { return batch(node) + "/"; }
  std::string records(slice in) const;
  std::string record(slice in, std::string_view key) const { return records(in) + std::string(key); }

  cluster_key parse(std::string_view key) const;
  const std::string& prefix() const { return prefix_; }

 private:
  std::string prefix_;
};

/// The first key behind all that begin with `prefix`; requires one that is not empty or all 0xff.
std::string end_of_prefix(std::string_view prefix);

/// Texts of events in the value of a batch's part.
std::string encode_events(const std::vector<std::string>& events);
/// Nothing if damaged.
std::optional<std::vector<std::string>> decode_events(std::string_view value);

}  // namespace authnz::storage
