#include "actors/cluster_limits.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace authnz::actors {

namespace {

constexpr std::size_t most_questions_a_text = 256;
static_assert(most_questions_a_text <= most_in_a_text);
// While one is on its way others collect; a second keeps the owner busy.
constexpr std::size_t most_under_way = 2;
// Each of them may cost as many hashes as there are nodes.
constexpr std::size_t slots_a_flush = 512;

std::string_view text_of(const rate_hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }

/// A link that ended and came again leads to the same actor, but what is sent
/// through its older door is lost.
bool is_same_link(const peer_door& a, const peer_door& b) {
  return caf::actor_cast<caf::strong_actor_ptr>(a).get() == caf::actor_cast<caf::strong_actor_ptr>(b).get();
}

const peer* find_peer(const peer_view& view, std::string_view node) {
  const auto at = std::ranges::find(view.others, node, &peer::node);
  return at == view.others.end() ? nullptr : &*at;
}

std::vector<std::optional<rate_verdict>> verdicts_on(const std::vector<rate_question>& questions, rate_buckets& buckets,
                                                     bool limited, std::int64_t now) {
  std::vector<std::optional<rate_verdict>> out;
  out.reserve(questions.size());
  for (const auto& q : questions) {
    auto& verdict = out.emplace_back();
    if (q.row == nullptr) continue;
    verdict.emplace();
    if (!limited) continue;
    if (q.what == rate_question::kind::take)
      verdict = buckets.take(*q.row, q.all(), now);
    else
      for (const auto& place : q.all()) buckets.give_back(*q.row, place, now);
  }
  return out;
}

}  // namespace

/// A request whose two subjects have different owners.
struct cluster_limits::journey {
  const proto::request_row* row;
  std::array<rate_place, 2> places;
  std::string second_owner;
  decided then;
};

std::int64_t cluster_limits::now() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(self_->clock().now().time_since_epoch()).count();
}

void cluster_limits::note_to_self() {
  if (!std::exchange(noted_, true)) self_->send(self_, flush_atom::value);
}

void cluster_limits::look_at_view() {
  auto next = peers_.current();
  if (!view_ || next->number != view_->number) follow(std::move(next));
}

void cluster_limits::follow(std::shared_ptr<const peer_view> next) {
  view_ = std::move(next);
  for (auto& [owner, to] : lines_) {
    const auto* const found = find_peer(*view_, owner);
    const auto door = found != nullptr ? found->door : peer_door();
    if (is_same_link(door, to.door)) continue;
    to.door = door;
    to.silent_until = {};
  }
  std::erase_if(lines_, [](const auto& l) {
    const auto& to = l.second;
    return !to.door && to.waiting.empty() && to.under_way.empty();
  });
  if (!view_->others.empty()) handing_.emplace();
  note_to_self();
}

bool cluster_limits::are_ours(const proto::request_row& row, std::span<const rate_subject> subjects) {
  look_at_view();
  if (view_->others.empty()) return true;
  return std::ranges::all_of(subjects, [&](const rate_subject& s) {
    return owner_of(*view_, text_of(buckets_->own_hash_of(row, s))).empty();
  });
}

void cluster_limits::take(const proto::request_row& row, std::span<const rate_subject> subjects, decided then) {
  look_at_view();
  rate_question all{.what = rate_question::kind::take, .row = &row, .count = subjects.size()};
  std::array<std::string_view, 2> owners;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    all.places[i] = buckets_->place_of(row, subjects[i]);
    owners[i] = owner_of(*view_, text_of(all.places[i].own));
  }
  if (all.count == 1 || owners[0] == owners[1])
    return ask(owners[0], all, [then = std::move(then)](const rate_verdict& v, const std::string&) { then(v); });

  const auto j = std::make_shared<journey>(journey{&row, all.places, std::string(owners[1]), std::move(then)});
  ask(owners[0], {.row = &row, .places = {all.places[0]}},
      [this, j](const rate_verdict& first, const std::string& at) { go_on(j, first, at); });
}

void cluster_limits::go_on(const std::shared_ptr<journey>& j, const rate_verdict& first, const std::string& at) {
  if (!first.allowed()) return j->then(first);
  ask(j->second_owner, {.row = j->row, .places = {j->places[1]}},
      [this, j, at](const rate_verdict& second, const std::string&) {
        if (!second.allowed())
          ask(at, {.what = rate_question::kind::give_back, .row = j->row, .places = {j->places[0]}}, {});
        j->then(second);
      });
}

cluster_limits::line* cluster_limits::line_to(std::string_view owner) {
  if (ending_) return nullptr;
  auto at = lines_.find(owner);
  if (at == lines_.end()) {
    const auto* const found = find_peer(*view_, owner);
    if (found == nullptr || !found->door) return nullptr;
    at = lines_.try_emplace(std::string(owner)).first;
    at->second.door = found->door;
  }
  auto& to = at->second;
  return to.door && to.silent_until <= self_->clock().now() ? &to : nullptr;
}

void cluster_limits::ask(std::string_view owner, rate_question what, counted then) {
  const bool here = owner.empty();
  auto* const to = here ? nullptr : line_to(owner);
  // What was taken at a node that is out of reach by now cannot be given back here.
  if (to == nullptr && !here && what.what == rate_question::kind::give_back) return;
  if (here) return count_here({what, std::move(then)});
  if (to == nullptr) return count_for_owner({what, std::move(then)});
  to->waiting.push_back({what, std::move(then)});
  if (to->under_way.size() < most_under_way) note_to_self();
}

void cluster_limits::count_here(const question& q) {
  if (q.what.what == rate_question::kind::give_back) {
    for (const auto& place : q.what.all()) buckets_->give_back(*q.what.row, place, now());
    return;
  }
  const auto verdict = buckets_->take(*q.what.row, q.what.all(), now());
  q.then(verdict, {});
}

/// What an owner was to be asked and cannot be.
void cluster_limits::count_for_owner(const question& q) {
  if (counts_) counts_->limits.counted_for_others.fetch_add(1, std::memory_order_relaxed);
  count_here(q);
}

void cluster_limits::count_for_owner(std::deque<question>&& all) {
  const auto mine = std::exchange(all, {});
  for (const auto& q : mine)
    if (q.what.what == rate_question::kind::take) count_for_owner(q);
}

void cluster_limits::count_for_owner(questions& all) {
  count_for_owner(std::deque<question>(std::make_move_iterator(all.begin()), std::make_move_iterator(all.end())));
  all.clear();
}

void cluster_limits::count_all_here() {
  for (auto& [owner, to] : lines_) {
    for (const auto& asked : std::exchange(to.under_way, {})) count_for_owner(*asked);
    count_for_owner(std::move(to.waiting));
  }
}

void cluster_limits::flush() {
  noted_ = false;
  // Whoever is answered may ask the next owner, which may add a line.
  std::vector<std::string> owners;
  for (const auto& [owner, to] : lines_)
    if (!to.waiting.empty()) owners.push_back(owner);
  for (const auto& owner : owners)
    if (const auto at = lines_.find(owner); at != lines_.end()) send_some(owner, at->second);
  if (!handing_) return;
  if (hand_some(slots_a_flush))
    handing_.reset();
  else
    note_to_self();
}

void cluster_limits::send_some(const std::string& owner, line& to) {
  if (!to.door || to.silent_until > self_->clock().now()) return count_for_owner(std::move(to.waiting));
  while (!to.waiting.empty() && to.under_way.size() < most_under_way) {
    questions some;
    for (; !to.waiting.empty() && some.size() < most_questions_a_text; to.waiting.pop_front())
      some.push_back(std::move(to.waiting.front()));
    send(owner, to, std::move(some));
  }
}

void cluster_limits::send(const std::string& owner, line& to, questions&& some) {
  std::vector<rate_question> texts;
  texts.reserve(some.size());
  if (handing_) hand_what_is_asked_for(to.door, some);
  for (const auto& q : some) texts.push_back(q.what);
  const auto asked = to.under_way.emplace_back(std::make_shared<questions>(std::move(some)));
  self_->request(to.door, patience, take_atom::value, pack_questions(texts))
      .then([this, owner, door = to.door, asked](const std::string& reply) { answered(owner, door, asked, reply); },
            [this, owner, door = to.door, asked](const caf::error&) { failed(owner, door, asked); });
}

// An owner that has come back has an older bucket than this node, perhaps.
void cluster_limits::hand_what_is_asked_for(const peer_door& door, const questions& some) {
  std::vector<rate_handed> buckets;
  std::set<rate_hash> told;
  for (const auto& q : some)
    for (const auto& place : q.what.all())
      if (told.insert(place.own).second)
        if (auto one = buckets_->show_one(place.own, now())) buckets.push_back(*one);
  hand(door, buckets);
}

void cluster_limits::answered(const std::string& owner, const peer_door& door, const questions_ptr& asked,
                              const std::string& reply) {
  const auto verdicts = unpack_verdicts(reply);
  if (!verdicts || verdicts->size() != asked->size()) return failed(owner, door, asked);
  if (const auto at = lines_.find(owner); at != lines_.end()) {
    std::erase(at->second.under_way, asked);
    if (!at->second.waiting.empty()) note_to_self();
  }
  for (std::size_t i = 0; i < asked->size(); ++i) {
    const auto q = std::move((*asked)[i]);
    if (q.what.what == rate_question::kind::give_back) continue;
    const auto& verdict = (*verdicts)[i];
    verdict ? q.then(*verdict, owner) : count_for_owner(q);
  }
}

void cluster_limits::failed(const std::string& owner, const peer_door& door, const questions_ptr& asked) {
  if (const auto at = lines_.find(owner); at != lines_.end()) {
    auto& to = at->second;
    std::erase(to.under_way, asked);
    // A link that came since then has not failed.
    if (is_same_link(to.door, door)) to.silent_until = self_->clock().now() + rest;
    if (!to.waiting.empty()) note_to_self();
  }
  count_for_owner(*asked);
}

bool cluster_limits::hand_some(std::size_t slots) {
  std::map<std::string_view, std::vector<rate_handed>> by_owner;
  const bool done = buckets_->show_own(*handing_, slots, now(), [&](const rate_handed& b) {
    if (const auto owner = owner_of(*view_, text_of(b.key)); !owner.empty()) by_owner[owner].push_back(b);
  });
  for (const auto& [owner, buckets] : by_owner)
    if (const auto* const found = find_peer(*view_, owner)) hand(found->door, buckets);
  return done;
}

void cluster_limits::hand(const peer_door& to, std::span<const rate_handed> buckets) {
  if (!to) return;
  for (; !buckets.empty(); buckets = buckets.subspan(std::min(most_in_a_text, buckets.size())))
    caf::anon_send(to, hand_atom::value, pack_handed(buckets.first(std::min(most_in_a_text, buckets.size()))));
}

void cluster_limits::end() {
  look_at_view();
  ending_ = true;
  count_all_here();
  hand_all();
}

// To everybody: who owns them next depends on who is there then, and until all
// know that this node is gone each counts for itself what it would have asked.
void cluster_limits::hand_all() {
  std::vector<rate_handed> all;
  rate_buckets::own_position at;
  while (!buckets_->show_own(at, slots_a_flush, now(), [&](const rate_handed& b) { all.push_back(b); })) {
  }
  for (const auto& other : view_->others) hand(other.door, all);
}

void serve(peer_job& job, rate_buckets& buckets, bool limited, std::int64_t now) {
  if (job.what == peer_job::kind::hand) {
    const auto handed = unpack_handed(job.packed);
    if (!handed || !limited) return;
    for (const auto& b : *handed) buckets.keep_lower(b, now);
    return;
  }
  const auto questions = unpack_questions(job.packed);
  if (!questions) return job.answer({});
  job.answer(pack_verdicts(verdicts_on(*questions, buckets, limited, now)));
}

}  // namespace authnz::actors
