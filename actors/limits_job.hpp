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

struct limits_job {
  enum class kind : std::uint8_t {
    census,    ///< count all
    standing,  ///< show those of the subjects
    fill,      ///< fill those of the subjects
    fill_all,  ///< put `other` in the place of all
  };
  struct subject {
    rate_subject::kind what;
    std::string text;  ///< as rate_subject's
  };

  kind what = kind::census;
  std::vector<subject> subjects;
  std::shared_ptr<rate_buckets> other;  ///< in: new ones, under a secret of their own; out: those that were there

  bool enabled = true;  ///< whether requests are limited at all
  std::size_t buckets = 0;
  rate_census census;
  std::vector<allowance> allowances;  ///< by request
  std::vector<std::pair<rate_subject::kind, rate_standing>> found;
  std::size_t filled = 0;

  rate_buckets::census_position at;

  /// Called once, on the rate limiter's thread, or where the job ends with it;
  /// gets whether it was done.
  std::function<void(limits_job&, bool)> done;

  limits_job() = default;
  limits_job(const limits_job&) = delete;
  limits_job& operator=(const limits_job&) = delete;
  ~limits_job() { finish(false); }
  void finish(bool served) {
    if (const auto tell = std::exchange(done, {})) tell(*this, served);
  }
};

/// Does one slice; returns whether the job is done.
bool serve(limits_job& job, rate_buckets& buckets, std::int64_t now);

}  // namespace authnz::actors
