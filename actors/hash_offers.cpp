#include "actors/hash_offers.hpp"

#include <algorithm>
#include <utility>

namespace authnz::actors {

namespace {

/// Sets what a peer has computed; false if it computed nothing that can be used.
bool take_over(hash_job& job, offer_answer&& answer) {
  using enum hash_job::outcome;
  const bool makes = job.what == hash_job::kind::make;
  switch (answer.outcome) {
    case offer_outcome::matched: job.result = matched; return !makes;
    case offer_outcome::mismatched: job.result = mismatched; return !makes;
    case offer_outcome::made:
      job.result = made;
      job.phc = std::move(answer.phc);
      return makes && !needs_rehash(job.phc, job.params);
    default: return false;
  }
}

offer_answer answer_of(const hash_job& done) {
  switch (done.result) {
    case hash_job::outcome::matched: return {offer_outcome::matched, {}};
    case hash_job::outcome::mismatched: return {offer_outcome::mismatched, {}};
    case hash_job::outcome::made: return {offer_outcome::made, done.phc};
    default: return {offer_outcome::busy, {}};
  }
}

}  // namespace

struct hash_offers::offer {
  hash_ptr job;
  clock::time_point since;
  std::string node;
  offer_number number;
  proto::keyring_ptr keys;
};

bool hash_offers::finds_room(const hash_sharing& how) {
  return how.peers != nullptr && choose(*how.peers->current()) != nullptr;
}

bool hash_offers::take(const hash_sharing& how, hash_ptr& job, clock::time_point since) {
  if (how.peers == nullptr || !costs_as_usual(*job, how.usual)) return false;
  const auto view = how.peers->current();
  const auto* const to = choose(*view);
  if (to == nullptr) return false;
  auto o = std::make_shared<offer>(offer{{}, since, to->node, new_offer_number(), how.keys});
  auto text = seal_offer(*job, o->number, how.keys);
  if (!text) return false;
  o->job = std::move(job);
  ++rooms_[o->node].asked;
  ++under_way_;
  self_->request(to->door, patience, hash_atom::value, std::move(*text))
      .then([this, o](const std::string& sealed) { answered(o, sealed); },
            [this, o](const caf::error& why) {
              ended(o, why == caf::sec::unexpected_message ? rest_of_stranger : rest_of_silent);
            });
  return true;
}

// The one with the most room that is known of.
const peer* hash_offers::choose(const peer_view& view) {
  const auto now = clock::now();
  forget_others(view);
  const peer* best = nullptr;
  std::uint32_t room = 0;
  for (const auto& other : view.others) {
    if (!other.door) continue;
    const auto& known = rooms_[other.node];
    if (known.rests_until > now || known.asked >= known.most || known.most - known.asked <= room) continue;
    best = &other;
    room = known.most - known.asked;
  }
  return best;
}

// Where every start brings a new name, they would become ever more.
void hash_offers::forget_others(const peer_view& view) {
  if (rooms_.size() <= view.others.size()) return;
  std::erase_if(rooms_, [&](const auto& one) {
    return one.second.asked == 0 && std::ranges::find(view.others, one.first, &peer::node) == view.others.end();
  });
}

void hash_offers::answered(const offer_ptr& o, const std::string& sealed) {
  // Its hasher is restarting, say.
  if (sealed.empty()) return ended(o, rest_of_silent);
  auto answer = open_answer(sealed, o->number, o->keys);
  if (!answer) return ended(o, rest_of_stranger);
  const auto outcome = answer->outcome;
  if (take_over(*o->job, std::move(*answer))) return ended(o, {});
  o->job->result = hash_job::outcome::pending;
  if (o->job->what == hash_job::kind::make) o->job->phc.clear();
  ended(o, outcome == offer_outcome::busy ? rest_of_busy : rest_of_stranger);
}

void hash_offers::ended(const offer_ptr& o, std::chrono::milliseconds rest) {
  constexpr std::uint32_t most_workers = 256;
  auto& known = rooms_[o->node];
  --known.asked;
  --under_way_;
  if (rest.count() == 0) {
    known.most = std::min(known.most + 1, most_workers);
  } else {
    known.most = std::max(known.asked, 1U);
    known.rests_until = clock::now() + rest;
  }
  then_(std::move(o->job), o->since);
}

bool answer_guest(const hash_job& done, const proto::keyring_ptr& keys) {
  const auto* const guest = dynamic_cast<const hash_guest*>(done.work.get());
  if (guest == nullptr) return false;
  guest->asked->answer(seal_answer(answer_of(done), guest->number, keys).value_or(std::string()));
  return true;
}

}  // namespace authnz::actors
