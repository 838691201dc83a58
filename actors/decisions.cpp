#include "actors/decisions.hpp"

#include <array>
#include <utility>

namespace authnz::actors {

namespace {

struct entry {
  step (*decide)(const context&);
  std::string (*fields_on_failure)(const proto::call&);
};

template <std::size_t... Is>
constexpr std::array<entry, sizeof...(Is)> make_table(std::index_sequence<Is...>) {
  return {entry{&decision<static_cast<proto::request>(Is)>::decide,
                &decision<static_cast<proto::request>(Is)>::fields_on_failure}...};
}

constexpr auto table = make_table(std::make_index_sequence<proto::request_count>());

const entry& entry_of(const proto::call& request) { return table[static_cast<std::size_t>(request.row().id)]; }

}  // namespace

step decide(const context& c) { return entry_of(c.request).decide(c); }
std::string fields_on_failure(const proto::call& request) { return entry_of(request).fields_on_failure(request); }

}  // namespace authnz::actors
