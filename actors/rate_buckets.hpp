/// The buckets that rate limits are taken from (contract, section 4).
///
/// A bucket is created full and gets its allowance back 60 s, 120 s, ... after
/// that. Each key has one of its own until there are `rate_limits::keys`;
/// beyond that new keys share one with their network or domain, and beyond as
/// many of those with all of their request. A bucket that is full is as good
/// as none, and is forgotten sooner or later; no other ever is.
///
/// Time is handed in: microseconds of a steady clock, never descending.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "actors/rate_limits.hpp"

namespace authnz::actors {

/// Whose requests are counted.
struct rate_subject {
  enum class kind : std::uint8_t { client, mail_address };
  kind what = kind::client;
  std::string_view text;  ///< rate_key_address of a client, or a normalised e-mail address
};

struct rate_verdict {
  std::uint32_t retry_after = 0;  ///< seconds (>= 1) until the empty buckets get something back; 0 = allowed
  bool noteworthy = false;        ///< the first refusal in a minute by one of the empty buckets

  bool allowed() const { return retry_after == 0; }
};

class rate_buckets {
 public:
  /// Keys are kept as a hash under this key, which is to be random.
  using hash_key = std::array<unsigned char, 16>;

  rate_buckets(const rate_limits& limits, const hash_key& secret);

  /// New limits; what is left in the buckets stays, cut to the new capacities.
  void configure(const rate_limits& limits);

  /// Takes one from the bucket of each subject (one or two, of different
  /// kinds), or from none of them when one is empty.
  rate_verdict take(const proto::request_row& row, std::span<const rate_subject> subjects, std::int64_t now);

  /// Forgets full buckets among the next `slots` places of the table.
  void sweep(std::int64_t now, std::size_t slots);

  /// Buckets held at present.
  std::size_t size() const;

 private:
  struct key {
    std::array<unsigned char, 16> hash;
    bool operator==(const key&) const = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept;
  };
  struct bucket {
    std::int64_t created = 0;
    std::uint32_t left = 0;
    std::uint32_t steps = 0;  ///< how often it got its allowance back
    std::uint32_t noted = 0;  ///< its last noteworthy refusal, seconds after its creation; 0 = none
    proto::request request{};
  };
  /// Buckets by key, and how far the sweep through them has come.
  struct table {
    std::unordered_map<key, bucket, key_hash> buckets;
    std::size_t next_slot = 0;
  };

  const allowance& allowance_of(const bucket& b) const;
  bool is_full(bucket& b, std::int64_t now) const;
  void refill(bucket& b, std::int64_t now) const;
  static void refuse(bucket& b, std::int64_t now, rate_verdict& verdict);
  void sweep(table& t, std::int64_t now, std::size_t slots);
  bucket* find_active(table& t, const key& k, std::int64_t now);
  bucket* find(const proto::request_row& row, const rate_subject& subject, std::int64_t now);
  bucket& create(const proto::request_row& row, const rate_subject& subject, std::int64_t now);
  bool has_room(table& t, std::int64_t now);
  key key_of(const proto::request_row& row, const rate_subject& subject) const;
  key shared_key_of(const proto::request_row& row, const rate_subject& subject) const;
  key hash(char level, const proto::request_row& row, rate_subject::kind what, std::string_view text) const;
  std::optional<bucket>& last_resort(const proto::request_row& row, const rate_subject& subject);

  hash_key secret_;
  std::size_t most_keys_ = 0;
  std::array<allowance, proto::request_count> allowances_{};
  table own_;
  table shared_;
  std::array<std::array<std::optional<bucket>, 2>, proto::request_count> last_resort_;
};

}  // namespace authnz::actors
