/// What nodes of a cluster say to each other about rate limits, packed
/// (actors/peers.hpp). Subjects travel as hashes under the cluster's secret
/// (`limits_secret`), never by name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/rate_buckets.hpp"

namespace authnz::actors {

/// What the keys of buckets are hashed under on all nodes of a cluster. Its id
/// is random, and unknown to clients, so none can choose keys that collide.
rate_buckets::hash_key limits_secret(std::string_view cluster_id);

/// What a node wants of the buckets that another counts.
struct rate_question {
  enum class kind : std::uint8_t {
    take,       ///< one of each place, or none
    give_back,  ///< what was taken for a request that was refused elsewhere; the verdict means nothing
  };
  kind what = kind::take;
  const proto::request_row* row = nullptr;  ///< null, when read: a request that this build does not know
  std::array<rate_place, 2> places{};
  std::size_t count = 1;  ///< of places

  std::span<const rate_place> all() const { return std::span(places).first(count); }
  bool operator==(const rate_question&) const = default;
};

/// A text has at most this many parts; one with more is refused.
inline constexpr std::size_t most_in_a_text = 1024;

// Readers give nothing if the text is damaged or of another version.

std::string pack_questions(std::span<const rate_question> questions);
std::optional<std::vector<rate_question>> unpack_questions(std::string_view text);

/// One a question, in their order; nothing = the question was not understood.
std::string pack_verdicts(std::span<const std::optional<rate_verdict>> verdicts);
std::optional<std::vector<std::optional<rate_verdict>>> unpack_verdicts(std::string_view text);

std::string pack_handed(std::span<const rate_handed> buckets);
/// Without those of requests that this build does not know.
std::optional<std::vector<rate_handed>> unpack_handed(std::string_view text);

}  // namespace authnz::actors
