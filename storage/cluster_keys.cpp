#include "storage/cluster_keys.hpp"

#include <algorithm>
#include <array>

#include "storage/codec.hpp"
#include "storage/slices.hpp"

namespace authnz::storage {
namespace {

constexpr std::uint8_t events_version = 1;
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t part_digits = 4;

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_part_number(std::string_view text) {
  return text.size() == part_digits && text.find_first_not_of(digits) == std::string_view::npos;
}

/// `NODE` or `NODE/PPPP`.
cluster_key parse_batch(std::string_view rest) {
  const auto slash = rest.find('/');
  const auto node = rest.substr(0, slash);
  if (node.empty()) return {};
  if (slash == std::string_view::npos) return {.what = cluster_key::kind::batch, .node = node};
  if (!is_part_number(rest.substr(slash + 1))) return {};
  return {.what = cluster_key::kind::part, .node = node};
}

/// `SLICE/KEY`; the key may have slashes too.
cluster_key parse_record(std::string_view rest) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return {};
  const auto found = std::ranges::find_if(slice_table, [&](const slice_row& r) {
    return r.name == rest.substr(0, slash) && r.of == scope::cluster && !r.derived;
  });
  if (found == slice_table.end()) return {};
  return {.what = cluster_key::kind::record, .in = found->id, .key = rest.substr(slash + 1)};
}

}  // namespace

std::string cluster_keys::part(std::string_view node, std::size_t n) const {
  std::array<char, part_digits> number{};
  for (auto digit = number.rbegin(); digit != number.rend(); ++digit, n /= 16) *digit = digits[n % 16];
  return parts(node).append(number.begin(), number.end());
}

std::string cluster_keys::records(slice in) const { return data() + "r/" + row(in).name + '/'; }

cluster_key cluster_keys::parse(std::string_view key) const {
  if (!drop_prefix(key, prefix_) || !drop_prefix(key, "/d/")) return {};
  if (key == "head") return {.what = cluster_key::kind::head};
  if (drop_prefix(key, "b/")) return parse_batch(key);
  if (drop_prefix(key, "r/")) return parse_record(key);
  return {};
}

std::string end_of_prefix(std::string_view prefix) {
  std::string end(prefix.substr(0, prefix.find_last_not_of('\xff') + 1));
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

std::string encode_events(const std::vector<std::string>& events) {
  record_writer out(events_version);
  out.u32(static_cast<std::uint32_t>(events.size()));
  for (const auto& text : events) out.bytes(text);
  return out.take();
}

std::optional<std::vector<std::string>> decode_events(std::string_view value) {
  record_reader in(value, events_version);
  std::vector<std::string> events;
  // What is cut short must not make this go on for ever.
  const std::size_t count = std::min<std::size_t>(in.u32(), value.size());
  events.reserve(count);
  for (std::size_t i = 0; i < count; ++i) events.emplace_back(in.bytes());
  if (!in.finished()) return std::nullopt;
  return events;
}

}  // namespace authnz::storage
