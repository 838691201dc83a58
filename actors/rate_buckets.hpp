/// The buckets that rate limits are taken from (contract, section 4).
///
/// A bucket is created full and gets its allowance back 60 s, 120 s, ... after
/// that. Each key has one of its own until there are `rate_limits::keys`;
/// beyond that new keys share one with their network or domain, and beyond as
/// many of those with all of their request. A bucket that is full is as good
/// as none, and is forgotten sooner or later; no other ever is.
///
/// Time is handed in: microseconds of a steady clock, never descending.
///
/// Buckets can be saved, and restored after a restart. What changed is noted as
/// it changes, up to a bound, so that saving looks at nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/rate_limits.hpp"
#include "storage/ratelimit_store.hpp"
#include "storage/store.hpp"

namespace authnz::actors {

/// Whose requests are counted.
struct rate_subject {
  enum class kind : std::uint8_t { client, mail_address };
  kind what = kind::client;
  std::string_view text;  ///< rate_key_address of a client, or a normalised e-mail address
};

/// A key under a secret: says nothing of whose it is.
using rate_hash = std::array<unsigned char, 16>;

/// A subject of one request, in hashes. Buckets with the same secret know it by
/// the same ones, whatever node they are on.
struct rate_place {
  rate_subject::kind what = rate_subject::kind::client;
  rate_hash own{};     ///< of a bucket of its own
  rate_hash shared{};  ///< of the one that it shares with its network or domain

  bool operator==(const rate_place&) const = default;
};

struct rate_verdict {
  std::uint32_t retry_after = 0;  ///< seconds (>= 1) until the empty buckets get something back; 0 = allowed
  bool noteworthy = false;        ///< the first refusal in a minute by one of the empty buckets

  bool allowed() const { return retry_after == 0; }
  bool operator==(const rate_verdict&) const = default;
};

/// One moment by the clock of the buckets, and by that of their records.
struct rate_moment {
  std::int64_t steady = 0;
  proto::timestamp wall{};
};

/// A bucket that limits somebody, as it is at the moment.
struct rate_standing {
  proto::request request{};
  storage::rate_scope scope{};
  std::uint32_t left = 0;
  allowance limit;
  std::uint32_t seconds = 0;  ///< until it gets something back
};

/// What one node tells another of a subject's own bucket.
struct rate_handed {
  proto::request request{};
  rate_hash key{};
  std::uint32_t left = 0;
  std::int64_t age = 0;  ///< microseconds since its last step, less than 60 s

  bool operator==(const rate_handed&) const = default;
};

/// How many buckets there are, by request.
struct rate_census {
  struct counts {
    std::uint64_t not_full = 0;  ///< empty ones too
    std::uint64_t empty = 0;
  };
  std::array<counts, proto::request_count> of{};
};

class rate_buckets {
 public:
  /// Keys are kept as a hash under this key, which is to be random.
  using hash_key = rate_hash;

  rate_buckets(const rate_limits& limits, const hash_key& secret);
  rate_buckets(const rate_buckets&) = delete;
  rate_buckets& operator=(const rate_buckets&) = delete;

  /// New limits; what is left in the buckets stays, cut to the new capacities.
  void configure(const rate_limits& limits);

  /// Takes one from the bucket of each subject (one or two, of different
  /// kinds), or from none of them when one is empty.
  rate_verdict take(const proto::request_row& row, std::span<const rate_subject> subjects, std::int64_t now);
  rate_verdict take(const proto::request_row& row, std::span<const rate_place> places, std::int64_t now);
  /// Undoes what `take` took from one subject; a bucket that is full, or was forgotten, stays so.
  void give_back(const proto::request_row& row, const rate_place& place, std::int64_t now);

  /// `rate_place::own` alone, which costs less.
  rate_hash own_hash_of(const proto::request_row& row, const rate_subject& subject) const {
    return key_of(row, subject).hash;
  }
  rate_place place_of(const proto::request_row& row, const rate_subject& subject) const;

  /// Forgets full buckets among the next `slots` places of the table.
  void sweep(std::int64_t now, std::size_t slots);

  /// The buckets that count for a subject and are not full, by request.
  std::vector<rate_standing> standing_of(const rate_subject& subject, std::int64_t now);
  /// Fills them, and forgets their records. Returns how many there were.
  std::size_t fill(const rate_subject& subject, std::int64_t now);

  /// How far somebody has come who looks at the subjects' own buckets.
  struct own_position {
    std::size_t slot = 0;
    std::size_t slots = 0;  ///< of the table
  };
  /// Shows those that are not full among the next `slots` places; returns
  /// whether that is all. Starts again if the table grew meanwhile.
  bool show_own(own_position& at, std::size_t slots, std::int64_t now,
                const std::function<void(const rate_handed&)>& visit);
  /// One of them, if it is not full.
  std::optional<rate_handed> show_one(const rate_hash& own, std::int64_t now);
  /// From now on a bucket gives no more, and not earlier, than it would itself
  /// nor than what was handed says. One that is not there is made of it, as
  /// long as there is room.
  void keep_lower(const rate_handed& other, std::int64_t now);
  /// Only for new buckets: what they hold already would be nobody's.
  void adopt_secret(const rate_buckets& of);

  /// How far a count has come.
  struct census_position {
    std::size_t table = 0;
    std::size_t slot = 0;
  };
  /// Counts on through the next `slots` places; returns whether that is all.
  /// Buckets that move meanwhile are counted twice or not at all.
  bool count(rate_census& census, census_position& at, std::size_t slots, std::int64_t now) const;

  /// Changes places with `other`, which is new and has another secret: so all
  /// buckets are full at once. Both have noted their changes, or neither.
  void exchange(rate_buckets& other);
  /// The keys of the records that the store may have, or get, of these buckets.
  std::vector<std::string> stored_keys() const;

  const allowance& allowance_of(proto::request r) const { return allowances_[static_cast<std::size_t>(r)]; }

  /// Buckets held at present.
  std::size_t size() const;
  /// Memory that they take, about.
  std::size_t bytes() const { return size() * (sizeof(entry) + 3 * sizeof(void*)); }

  /// From now on changes are noted.
  void note_changes();
  /// Writes what changed since the last call: `limit` records at
  /// most, those that are most limited before all others. The rest is for the
  /// next call, as far as it can be kept.
  void save_changes(storage::mini_transaction& tx, std::size_t limit, const rate_moment& now);
  /// Writes what the keys of records are made with.
  void save_secret(storage::mini_transaction& tx) const;
  /// Puts a bucket back that was saved, by this program or one before it, under
  /// the same secret. Changes must be noted already. A wall clock that was put
  /// back delays nobody by more than a minute.
  void restore(const storage::rate_bucket& saved, const rate_moment& now);

 private:
  struct key {
    rate_hash hash;
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
    storage::rate_scope scope{};
    bool changed = false;  ///< is among `changed_`
    bool stored = false;   ///< has a record, or is to get one
  };
  using entry = std::pair<const key, bucket>;
  /// Buckets by key, and how far the sweep through them has come.
  struct table {
    std::unordered_map<key, bucket, key_hash> buckets;
    std::size_t next_slot = 0;
  };

  const allowance& allowance_of(const bucket& b) const;
  rate_standing standing_of(const bucket& b, std::int64_t now) const;
  void forget_filled(const std::vector<entry*>& filled);
  bool is_full(bucket& b, std::int64_t now) const;
  void refill(bucket& b, std::int64_t now) const;
  bool is_more_limited(const bucket& a, const bucket& b) const;
  void refuse(entry& e, std::int64_t now, rate_verdict& verdict);
  void charge(entry& e);
  void note_change(entry& e);
  bool may_forget(bucket& b, std::int64_t now) const;
  void forget(table& t, const key& k);
  void sweep(table& t, std::int64_t now, std::size_t slots);
  entry* find_active(table& t, const key& k, std::int64_t now);
  /// Whose bucket is sought: by name or by hash. A shared key costs more and
  /// is seldom needed, so it is made when it is.
  struct sought {
    rate_subject::kind what = rate_subject::kind::client;
    key own{};
    const rate_subject* subject = nullptr;
    const rate_place* place = nullptr;
  };
  sought seek(const proto::request_row& row, const rate_subject& subject) const;
  static sought seek(const rate_place& place);
  rate_verdict take(const proto::request_row& row, std::span<const sought> subjects, std::int64_t now);
  entry* find(const proto::request_row& row, const rate_subject& subject, std::int64_t now);
  entry* find(const proto::request_row& row, const sought& subject, std::int64_t now);
  entry& create(const proto::request_row& row, const sought& subject, std::int64_t now);
  key shared_key_of(const proto::request_row& row, const sought& subject) const;
  entry& renew(entry& e, storage::rate_scope scope, const proto::request_row& row, std::int64_t now) const;
  bool has_room(table& t, std::int64_t now);
  key key_of(const proto::request_row& row, const rate_subject& subject) const;
  key shared_key_of(const proto::request_row& row, const rate_subject& subject) const;
  key hash(char level, const proto::request_row& row, rate_subject::kind what, std::string_view text) const;
  std::optional<entry>& last_resort(proto::request request, rate_subject::kind what);
  bool lives_again(const key& k);
  void save_forgotten(storage::mini_transaction& tx, std::size_t limit);
  void save_changed(storage::mini_transaction& tx, std::size_t limit, const rate_moment& now);
  void drop_least_limited();
  storage::rate_bucket record_of(const entry& e, const rate_moment& now) const;

  hash_key secret_;
  /// By request. They derive from its name, which does not change.
  std::array<hash_key, proto::request_count> secrets_{};
  std::size_t most_keys_ = 0;
  std::array<allowance, proto::request_count> allowances_{};
  table own_;
  table shared_;
  std::array<std::array<std::optional<entry>, 2>, proto::request_count> last_resort_;
  std::size_t most_noted_ = 0;   ///< of changes, and of buckets forgotten; 0 = nothing is noted
  std::vector<entry*> changed_;  ///< none of them is forgotten meanwhile
  std::vector<key> forgotten_;   ///< had a record
};

/// The buckets that the store has, or new ones. When limits are off nothing is
/// read, and nothing noted. With a `secret` that is not the store's, what the
/// store has is nobody's, and is forgotten once it is full.
std::shared_ptr<rate_buckets> restore_buckets(storage::store& from, const rate_limits& limits, const rate_moment& now,
                                              const std::optional<rate_buckets::hash_key>& secret = {});

}  // namespace authnz::actors
