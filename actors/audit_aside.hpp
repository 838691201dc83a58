/// Records events that come without a change, such as a denied access. Nobody
/// waits for them, so what may be under way is bounded: beyond it events are
/// counted as lost, and their number is recorded when there is room again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/interfaces.hpp"
#include "actors/node_meters.hpp"

namespace authnz::actors {

/// Callable from any thread.
class audit_aside {
 public:
  /// A few batches of the journal's.
  static constexpr std::uint32_t most_under_way = 1024;

  /// `commit` takes jobs to the journal.
  audit_aside(std::function<void(commit_ptr&&)> commit, node_meters_ptr counts)
      : commit_(std::move(commit)), counts_(std::move(counts)) {}

  void record(std::string&& text);

 private:
  std::string text_of_loss(std::uint64_t lost) const;

  std::function<void(commit_ptr&&)> commit_;
  node_meters_ptr counts_;
  std::shared_ptr<std::atomic<std::uint32_t>> under_way_ = std::make_shared<std::atomic<std::uint32_t>>(0);
  std::atomic<std::uint64_t> untold_ = 0;  ///< lost since the last that was told
};

}  // namespace authnz::actors
