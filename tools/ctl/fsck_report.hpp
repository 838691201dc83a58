/// What a look at a store found, as people and programs read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace authnz::ctl {

struct fsck_report {
  std::uint64_t records = 0;  ///< that were looked at
  std::uint64_t faults = 0;   ///< all of them
  /// The first of them: `{"slice", "key" (hexadecimal), "what"}`.
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
};

/// To standard output; returns the exit status.
int tell(const fsck_report& found, bool as_json);

std::string hexadecimal(std::string_view bytes);

/// How far it is: a line on standard error, if that is a terminal, that is
/// written over and in the end away.
class fsck_progress {
 public:
  fsck_progress();
  ~fsck_progress();
  fsck_progress(const fsck_progress&) = delete;
  fsck_progress& operator=(const fsck_progress&) = delete;

  void show(std::string_view what, std::uint64_t records);

 private:
  bool on_;
  std::size_t width_ = 0;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace authnz::ctl
