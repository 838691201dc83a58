/// Work that one node of a cluster does for all.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "storage/transaction.hpp"

namespace authnz::actors {

enum class duty : std::uint8_t {
  sweeping,    ///< removes rows that have outlived their use
  mail,        ///< tries messages of the outbox again
  compaction,  ///< lets the cluster's engine forget old revisions
  count_
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(duty::count_)> duty_names{"sweeping", "mail",
                                                                                                 "compaction"};
constexpr std::string_view name(duty d) { return duty_names[static_cast<std::size_t>(d)]; }

/// Who holds a duty is a record of the slice `marks`, under the holder's lease:
/// name -> node. Its revision is the fencing token.
inline constexpr std::string_view duty_key_prefix = "duty/";

class duty_roster {
 public:
  virtual ~duty_roster() = default;
  /// Whether this node has the duty now. From any thread; O(1).
  virtual bool has(duty d) const noexcept = 0;
  /// What a mini-transaction of that duty must expect, so that a holder who was
  /// succeeded cannot write any more; nothing on a single node.
  virtual std::optional<storage::expectation> fence(duty d) const = 0;
};

}  // namespace authnz::actors
