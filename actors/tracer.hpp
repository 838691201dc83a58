/// Follows requests on an administrator's wish, and keeps their stories for a
/// while. Free when nobody follows: one relaxed load a request.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "proto/exchange.hpp"
#include "proto/trace.hpp"

namespace authnz::actors {

struct trace_wish {
  std::optional<std::string> reqid = {};    ///< JSON text, as it is echoed; nothing = any
  std::optional<proto::request> kind = {};  ///< nothing = any
  std::uint32_t one_in = 1;                 ///< every so manyth that matches
  std::chrono::seconds lasts{30};           ///< ends by itself
};

/// Callable from any thread.
class tracer : public std::enable_shared_from_this<tracer> {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t most_wishes = 8;
  static constexpr std::size_t most_stories = 1024;  ///< the oldest go first
  static constexpr std::chrono::seconds longest{3600};
  static constexpr std::size_t longest_client = 64;  ///< bytes; what is longer is left out

  struct story {
    std::uint64_t number = 0;  ///< ascending from 1
    std::uint64_t wish = 0;
    std::shared_ptr<const proto::trace> told;
  };
  struct reading {
    std::vector<story> stories;
    std::uint64_t last = 0;  ///< to read on behind
    std::uint64_t lost = 0;  ///< between `after` and the first of these
    bool over = false;       ///< the wish has ended; nothing more will come
  };

  /// The wish's number. The error says why it cannot be.
  tl::expected<std::uint64_t, std::string> start(const trace_wish& wish, clock::time_point now = clock::now());
  /// False if there is none.
  bool stop(std::uint64_t wish);

  /// Whether it is worth while to ask `follow`.
  bool follows() const noexcept { return active_.load(std::memory_order_relaxed); }
  /// Null unless somebody follows this request. With the stamps so far.
  proto::trace_ptr follow(const proto::exchange& ex) noexcept;

  /// Stories of a wish with a number above `after`.
  reading read(std::uint64_t wish, std::uint64_t after, clock::time_point now = clock::now());

 private:
  struct watched {
    std::uint64_t number = 0;
    trace_wish wish;
    clock::time_point until;
    std::uint64_t matched = 0;
  };

  void end_those_over(clock::time_point now);
  void keep(std::uint64_t wish, std::shared_ptr<const proto::trace> told) noexcept;

  std::atomic<bool> active_ = false;
  std::mutex mutex_;
  std::vector<watched> wishes_;
  std::deque<story> stories_;
  std::uint64_t last_wish_ = 0;
  std::uint64_t last_story_ = 0;
};

}  // namespace authnz::actors
