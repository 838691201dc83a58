/// Buckets whose clock the test moves.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "actors/rate_buckets.hpp"

namespace authnz::actors::test {

using proto::request;
inline constexpr std::int64_t second = 1'000'000;

/// Buckets, and a clock that the test moves.
struct bucket_run {
  explicit bucket_run(std::string_view limits = "", std::size_t keys = 1'000'000) : buckets(read(limits, keys), {7}) {}

  static rate_limits read(std::string_view text, std::size_t keys) {
    auto limits = parse_rate_limits(text).value();
    limits.keys = keys;
    return limits;
  }

  std::uint32_t take(request r, const std::string& client) {
    const rate_subject subject{rate_subject::kind::client, client};
    last = buckets.take(proto::row(r), {&subject, 1}, now);
    return last.retry_after;
  }
  std::uint32_t take(request r, const std::string& client, const std::string& address) {
    const std::array<rate_subject, 2> subjects{
        {{rate_subject::kind::client, client}, {rate_subject::kind::mail_address, address}}};
    last = buckets.take(proto::row(r), subjects, now);
    return last.retry_after;
  }
  int passing(int asked, request r, const std::string& client = "192.0.2.1") {
    int passed = 0;
    for (int i = 0; i < asked; ++i) passed += take(r, client) == 0;
    return passed;
  }

  rate_buckets buckets;
  std::int64_t now = 5'000 * second;
  rate_verdict last;
};

}  // namespace authnz::actors::test
