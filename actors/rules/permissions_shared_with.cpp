#include <algorithm>
#include <charconv>

#include "actors/rules/permissions.hpp"
#include "actors/rules/text_lines.hpp"

namespace authnz::actors::rules {
namespace {

std::optional<std::int64_t> parse_id(std::string_view digits) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-') return std::nullopt;
  return id;
}

}  // namespace

std::optional<std::vector<std::int64_t>> parse_shared_with(std::string_view text) {
  text = trim(text);
  std::vector<std::int64_t> ids;
  if (text.empty() || text == "none") return ids;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const auto id = parse_id(trim(text.substr(0, comma)));
    if (!id) return std::nullopt;
    ids.push_back(*id);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace authnz::actors::rules
