/// What a node counts beside its actors' own meters, for whoever looks.
/// Readable and writable from any thread; relaxed, as meters are.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "actors/meter.hpp"
#include "proto/error.hpp"
#include "proto/exchange.hpp"
#include "proto/requests.hpp"

namespace authnz::actors {

/// How answers turned out: `code::none` is success, other codes are failure
/// reasons; then what has no code.
enum class turnout : std::uint8_t {
  limited = static_cast<std::uint8_t>(proto::code::count_),  ///< 429
  unavailable,                                               ///< 503
  error,                                                     ///< 500
  count_
};
inline constexpr std::size_t turnout_count = static_cast<std::size_t>(turnout::count_);
/// `success`, a failure reason, `rate-limited`, `unavailable` or `error`.
std::string_view turnout_name(std::size_t index);

struct answered_requests {
  proto::request kind{};
  std::vector<std::pair<std::size_t, std::uint64_t>> turnouts;  ///< those that occurred: index, how often
  histogram::counts duration{};                                 ///< from its arrival to its answer
  std::uint64_t total_microseconds = 0;                         ///< of all durations
};

/// Requests by kind and turnout, and how long they took.
class request_meter final : public proto::answer_observer {
 public:
  void answered(const proto::exchange& ex, const proto::reply& r) noexcept override;
  void add(proto::request kind, std::size_t turnout_index, std::chrono::microseconds took) noexcept;
  /// The kinds that were asked at all.
  std::vector<answered_requests> read() const;

 private:
  struct kind_counts {
    std::array<std::atomic<std::uint64_t>, turnout_count> turnouts{};
    std::atomic<std::uint64_t> microseconds{0};
    histogram duration;
  };
  std::array<kind_counts, proto::request_count> kinds_{};
};

using count = std::atomic<std::uint64_t>;

struct journal_meter {
  histogram batch_size;   ///< mini-transactions a batch, in place of microseconds
  histogram commit_time;  ///< of a batch, the sync included
  count applied{0};
  count conflicts{0};
  count failures{0};
  count late{0};  ///< not committed: the request's time was up
};

struct hashing_meter {
  std::atomic<std::uint32_t> workers{0};
  std::atomic<std::uint32_t> busy{0};
  std::atomic<std::uint32_t> queued{0};
  count computed{0};
  count refused{0};     ///< because the queue was too long
  count by_others{0};   ///< for this node, by others of the cluster
  count for_others{0};  ///< for others of the cluster; among `computed` once they are done
  histogram compute_time;
};

struct mail_meter {
  count accepted{0};
  count deferred{0};
  count refused{0};  ///< permanently, by the mail server
  count given_up{0};
};

struct limit_meter {
  count refused{0};  ///< 429
  /// Asked of buckets whose owner, another node of the cluster, was out of reach.
  count counted_for_others{0};
  std::atomic<std::uint64_t> buckets{0};
};

struct account_meter {
  count autolocks{0};
  count breach_lookups{0};
  count breach_unreachable{0};  ///< the list of breached passwords was out of reach, and the password passed
};

struct audit_meter {
  count recorded{0};
  count lost{0};  ///< events without a change that could not be recorded
};

struct node_meters {
  request_meter requests;
  journal_meter journal;
  hashing_meter hashing;
  mail_meter mail;
  limit_meter limits;
  account_meter accounts;
  audit_meter audit;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

using node_meters_ptr = std::shared_ptr<node_meters>;

}  // namespace authnz::actors
