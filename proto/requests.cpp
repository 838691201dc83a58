#include "proto/requests.hpp"

#include <algorithm>

namespace authnz::proto {

namespace {

struct entry {
  std::string_view name;
  const request_row* row = nullptr;
};

constexpr std::size_t name_count() {
  std::size_t n = request_table.size();
  for (const auto& r : request_table) n += r.alias.empty() ? 0 : 1;
  return n;
}

constexpr auto by_name = [] {
  std::array<entry, name_count()> names{};
  std::size_t n = 0;
  for (const auto& r : request_table) {
    names[n++] = {r.name, &r};
    if (!r.alias.empty()) names[n++] = {r.alias, &r};
  }
  std::ranges::sort(names, {}, &entry::name);
  return names;
}();

constexpr bool names_are_unique() { return std::ranges::adjacent_find(by_name, {}, &entry::name) == by_name.end(); }
static_assert(names_are_unique(), "two rows of request_table share a name or an alias");

constexpr bool params_fit() {
  return std::ranges::all_of(request_table, [](const auto& r) { return r.params.size() <= max_params; });
}
static_assert(params_fit(), "a request has more items than max_params");

}  // namespace

const request_row* find_request(std::string_view name) noexcept {
  const auto it = std::ranges::lower_bound(by_name, name, {}, &entry::name);
  return it != by_name.end() && it->name == name ? it->row : nullptr;
}

}  // namespace authnz::proto
