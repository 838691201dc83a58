#include "actors/routes.hpp"

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

decider_actor decider_of(const routes& r, const proto::call& request) {
  const auto& shards = deciders_of(r, request.row().actor);
  if (shards.empty()) return {};
  if (shards.size() == 1 || request.row().shard_by.empty()) return shards.front();
  const auto* key = request.find(request.row().shard_by);
  if (key == nullptr) return shards.front();
  if (key->is_string()) return shards[shard_of(key->get_ref<const std::string&>(), shards.size())];
  return shards[key->is_number_integer() ? key->get<std::uint64_t>() % shards.size() : 0];
}

}  // namespace authnz::actors
