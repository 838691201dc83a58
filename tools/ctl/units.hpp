/// Numbers as people read them: at most three digits that matter, and a unit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace authnz::ctl {

/// `0`, `999`, `12.3k`, `4.50M`.
std::string shown_count(std::uint64_t n);
/// A second: `0`, `0.4`, `12`, `1.20k`.
std::string shown_rate(double per_second);
/// `0 B`, `512 B`, `1.50 KiB`, `64.0 MiB`.
std::string shown_bytes(std::uint64_t bytes);
/// What took so long: `0`, `830us`, `1.23ms`, `45.6ms`, `2.10s`, `3m12s`.
std::string shown_duration(std::chrono::microseconds duration);
/// What has lasted so long: `0s`, `59s`, `12m30s`, `5h02m`, `3d04h`.
std::string shown_age(std::chrono::seconds age);
/// `0.0 %` to `100 %`; without a whole: `-`.
std::string shown_share(std::uint64_t part, std::uint64_t whole);

}  // namespace authnz::ctl
