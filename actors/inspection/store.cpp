// What the node's store is like, for `authnzctl fsck`.
#include "storage/check.hpp"

#include "actors/inspection/answers.hpp"
#include "actors/inspection/arguments.hpp"
#include "storage/projection.hpp"
#include "storage/slices.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;
using storage::slice;

// No answer keeps an old state of the store, and those who ask next, for long.
constexpr std::int64_t most_looked_at = 100'000;
constexpr std::int64_t usually_looked_at = 20'000;

argument<slice> slice_argument(const json& arguments) {
  const auto name = required_text(arguments, "slice");
  if (!name) return tl::unexpected(name.error());
  for (const auto& r : storage::slice_table)
    if (r.name == *name) return r.id;
  return bad_argument("slice must be the name of one that this node has");
}

/// Nothing if it is absent.
argument<std::optional<std::string>> bytes_argument(const json& arguments, const char* name) {
  const auto shown = text(arguments, name);
  if (!shown) return tl::unexpected(shown.error());
  if (!*shown || (*shown)->empty()) return std::optional<std::string>();
  auto bytes = key_of(**shown);
  if (!bytes) return bad_argument(std::string(name) + " must be hexadecimal digits");
  return bytes;
}

argument<std::uint64_t> limit_argument(const json& arguments) {
  const auto given = number(arguments, "limit", 1, most_looked_at);
  if (!given) return tl::unexpected(given.error());
  return static_cast<std::uint64_t>(given->value_or(usually_looked_at));
}

argument<storage::check_position> position_argument(const json& arguments) {
  if (!arguments.contains("slice")) return storage::check_position{};
  const auto in = slice_argument(arguments);
  if (!in) return tl::unexpected(in.error());
  auto from = bytes_argument(arguments, "from");
  if (!from) return tl::unexpected(from.error());
  return storage::check_position{*in, std::move(*from).value_or("")};
}

ordered_json json_of(const storage::finding& one) {
  return {{"slice", storage::row(one.in).name}, {"key", shown_key(one.key)}, {"what", one.what}};
}

}  // namespace

inspected store_check(const inspection_parts& p, const json& arguments) {
  const auto from = position_argument(arguments);
  const auto limit = limit_argument(arguments);
  if (!from) return tl::unexpected(from.error());
  if (!limit) return tl::unexpected(limit.error());
  const auto part = storage::check_some(*p.store.read(), *from, *limit);
  ordered_json findings = ordered_json::array();
  for (const auto& one : part.found.findings) findings.push_back(json_of(one));
  ordered_json next;
  if (part.next) next = {{"slice", storage::row(part.next->in).name}, {"from", shown_key(part.next->from)}};
  return ordered_json{{"node", p.node_name},
                      {"records", part.found.records},
                      {"faults", part.found.faults},
                      {"findings", std::move(findings)},
                      {"next", std::move(next)}};
}

inspected store_digest(const inspection_parts& p, const json& arguments) {
  const auto in = slice_argument(arguments);
  const auto first = bytes_argument(arguments, "from");
  const auto end = bytes_argument(arguments, "end");
  const auto limit = limit_argument(arguments);
  if (!in) return tl::unexpected(in.error());
  for (const auto* bad : {&first, &end})
    if (!*bad) return tl::unexpected(bad->error());
  if (!limit) return tl::unexpected(limit.error());
  const auto view = p.store.read();
  const auto mark = storage::read_projection_mark(*view);
  const auto range = storage::digest_range(*view, *in, first->value_or(""), *end, *limit);
  if (view->fault()) return tl::unexpected(inspection_error{"storage", "the store cannot be read; see the log"});
  return ordered_json{{"node", p.node_name},
                      {"cluster", mark.cluster},
                      {"applied", mark.applied},
                      {"whole", mark.whole},
                      {"slice", storage::row(*in).name},
                      {"records", range.records},
                      {"sha256", range.sha256},
                      {"next", range.next ? ordered_json(shown_key(*range.next)) : ordered_json()}};
}

}  // namespace authnz::actors::inspection
