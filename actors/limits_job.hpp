/// What the rate limiter is asked to show, or to fill, for an administrator:
/// in one go for one caller, and in slices where all buckets are looked at, so
/// that requests need not wait.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/rate_buckets.hpp"

namespace authnz::actors {

struct limits_answer {
  bool served = false;   ///< false: the rate limiter ended before
  bool enabled = true;   ///< whether requests are limited at all
  std::size_t held = 0;  ///< buckets
  rate_census census;
  std::vector<allowance> allowances;  ///< by request
  std::vector<std::pair<rate_subject::kind, rate_standing>> standing;
  std::size_t filled = 0;
  std::shared_ptr<rate_buckets> before;  ///< what `fill_all` took away
};

struct limits_job {
  enum class kind : std::uint8_t {
    census,    ///< count all
    standing,  ///< show those of the subjects
    fill,      ///< fill those of the subjects
    fill_all,  ///< put `fresh` in the place of all
  };
  struct subject {
    rate_subject::kind what;
    std::string text;  ///< as rate_subject's
  };

  kind what = kind::census;
  std::vector<subject> subjects;
  std::shared_ptr<rate_buckets> fresh;  ///< under a secret of their own
  limits_answer answer;
  rate_buckets::census_position at;
  /// Called once, on the rate limiter's thread, or where the job is lost.
  std::function<void(limits_answer&&)> done;

  limits_job() = default;
  limits_job(const limits_job&) = delete;
  limits_job& operator=(const limits_job&) = delete;
  ~limits_job() { finish(); }
  void finish() {
    if (const auto tell = std::exchange(done, {})) tell(std::move(answer));
  }
};

/// Does one slice; returns whether the job is done.
bool serve(limits_job& job, rate_buckets& buckets, std::int64_t now);

}  // namespace authnz::actors
