/// What nodes of a cluster say to each other about password computations,
/// packed (storage/codec.hpp) and sealed with the key that frontends share with
/// the nodes: a password is nowhere in clear on its way, and who has but a
/// node's certificate can neither read one nor answer that one is right.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/interfaces.hpp"
#include "proto/keyring.hpp"

namespace authnz::actors {

/// Random; an answer repeats its offer's, so that it answers no other.
using offer_number = std::array<unsigned char, 16>;
offer_number new_offer_number();

enum class offer_outcome : std::uint8_t {
  matched,
  mismatched,
  made,    ///< with the hash
  busy,    ///< nothing was computed: no worker has nothing to do
  unlike,  ///< nothing was computed: this node's hashes cost otherwise, or it computes for no others
  count_
};

struct offer_answer {
  offer_outcome outcome = offer_outcome::unlike;
  std::string phc;  ///< with `made`
};

struct read_offer {
  offer_number number{};
  hash_ptr job;  ///< without `reply_to`
};

/// Whether a job costs what a new hash with these parameters costs. Nodes offer
/// and take no other, so that nobody can have another node spend more.
bool costs_as_usual(const hash_job& job, const argon2_params& usual);

// Nothing: OpenSSL fails. When reading: no key fits, damaged, or of another version.

std::optional<std::string> seal_offer(const hash_job& job, const offer_number& number, const proto::keyring_ptr& keys);
std::optional<read_offer> open_offer(std::string_view sealed, const proto::keyring_ptr& keys);

std::optional<std::string> seal_answer(const offer_answer& answer, const offer_number& number,
                                       const proto::keyring_ptr& keys);
/// Nothing, too, if it answers another offer.
std::optional<offer_answer> open_answer(std::string_view sealed, const offer_number& number,
                                        const proto::keyring_ptr& keys);

}  // namespace authnz::actors
