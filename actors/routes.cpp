#include "actors/routes.hpp"

#include <limits>

namespace authnz::actors {

const std::vector<decider_actor>& deciders_of(const routes& r, proto::target kind) {
  switch (kind) {
    case proto::target::session: return r.sessions;
    case proto::target::user: return r.users;
    case proto::target::apikey: return r.apikeys;
    case proto::target::mailer: return r.mailers;
    case proto::target::policy: return r.policies;
  }
  return r.sessions;
}

std::size_t shard_of(std::string_view key, std::size_t shards) {
  return shards < 2 ? 0 : std::hash<std::string_view>{}(key) % shards;
}

namespace {

std::size_t shard_for(const proto::call& request, std::size_t shards) {
  if (shards < 2 || request.row().shard_by.empty()) return 0;
  const auto* key = request.find(request.row().shard_by);
  if (key == nullptr) return 0;
  if (key->is_string()) return shard_of(key->get_ref<const std::string&>(), shards);
  return key->is_number_integer() ? key->get<std::uint64_t>() % shards : 0;
}

void count_as_waiting(proto::exchange& ex, const card_ptr& at) {
  if (at) ex.waiting = proto::permit::take(at->waiting, std::numeric_limits<std::uint32_t>::max());
}

void send(const routes& r, proto::target kind, std::size_t shard, proto::exchange_ptr&& ex) {
  auto mine = std::move(ex);
  const auto& shards = deciders_of(r, kind);
  if (shard >= shards.size() || !shards[shard]) return;
  if (r.cards) {
    const auto& cards = r.cards->deciders.at(static_cast<std::size_t>(kind));
    if (shard < cards.size()) count_as_waiting(*mine, cards[shard]);
  }
  caf::anon_send(shards[shard], std::move(mine));
}

}  // namespace

decider_actor decider_of(const routes& r, const proto::call& request) {
  const auto& shards = deciders_of(r, request.row().actor);
  return shards.empty() ? decider_actor() : shards[shard_for(request, shards.size())];
}

void send_to_decider(const routes& r, proto::exchange_ptr&& ex) {
  const auto kind = ex->request.row().actor;
  send(r, kind, shard_for(ex->request, deciders_of(r, kind).size()), std::move(ex));
}

void send_to_user_shard(const routes& r, std::size_t shard, proto::exchange_ptr&& ex) {
  send(r, proto::target::user, shard, std::move(ex));
}

void send_to_ratelimit(const routes& r, proto::exchange_ptr&& ex) {
  auto mine = std::move(ex);
  if (!r.ratelimit) return;
  if (r.cards) count_as_waiting(*mine, r.cards->ratelimit);
  caf::anon_send(r.ratelimit, std::move(mine));
}

}  // namespace authnz::actors
