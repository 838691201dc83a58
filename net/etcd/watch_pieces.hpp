/// Puts the stream of a watch together: lines out of pieces that are split
/// anywhere, revisions out of answers that are split between events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/etcd/client.hpp"

namespace authnz::net::etcd {

class watch_pieces {
 public:
  /// The next piece of the stream. False when it is not to go on: see `trouble`.
  bool take(std::string_view piece);

  bool created() const { return created_; }
  /// Whether there are events of whole revisions.
  bool has_events() const { return whole_ != 0; }
  /// Those, in order.
  std::vector<event> take_events();

  /// Why it ended; `text` is empty while it goes on.
  const failure& trouble() const { return trouble_; }

 private:
  bool take_line(std::string_view line);
  bool fail(failure::kind what, std::string text, std::uint64_t compacted = 0);

  std::string line_;  ///< its beginning
  std::vector<event> events_;
  std::size_t whole_ = 0;  ///< so many of the events are of revisions that are complete
  bool created_ = false;
  failure trouble_;
};

}  // namespace authnz::net::etcd
