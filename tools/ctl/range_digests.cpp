#include "tools/ctl/range_digests.hpp"

#include "storage/record_digest.hpp"
#include "storage/slices.hpp"
#include "tools/ctl/fsck_report.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds longest_answer{30};
constexpr std::uint32_t records_a_page = 1'000;

json or_null(const std::optional<std::string>& text) { return text ? json(*text) : json(); }

link_error nonsense(const asked_node& node) {
  return {exit_no_node, "bad-answer", node.name + ": its answer is not to be understood; is it of another version?"};
}

/// Throws what nlohmann's library does.
range_answer read_answer(const json& answer) {
  range_answer out;
  answer.at("cluster").get_to(out.cluster);
  answer.at("applied").get_to(out.revision);
  answer.at("whole").get_to(out.whole);
  answer.at("records").get_to(out.records);
  answer.at("sha256").get_to(out.sha256);
  if (const auto& next = answer.at("next"); !next.is_null()) out.next = next.get<std::string>();
  return out;
}

std::string bytes_of(std::string_view hexadecimal_digits) {
  std::string bytes;
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hexadecimal_digits.size(); i += 2)
    bytes.push_back(static_cast<char>(value(hexadecimal_digits[i]) * 16 + value(hexadecimal_digits[i + 1])));
  return bytes;
}

}  // namespace

tl::expected<range_answer, link_error> ask_digest(asked_node& node, const key_range& r, int limit) {
  const json arguments{
      {"slice", storage::row(r.in).name}, {"limit", limit}, {"from", r.first}, {"end", or_null(r.end)}};
  const auto answer = node.link.ask(proto::question::store_digest, arguments, longest_answer);
  if (!answer)
    return tl::unexpected(link_error{exit_no_node, answer.error().code, node.name + ": " + answer.error().text});
  try {
    return read_answer(*answer);
  } catch (const json::exception&) {
    return tl::unexpected(nonsense(node));
  }
}

tl::expected<range_answer, link_error> digest_of_etcd(net::etcd::client& etcd, const storage::cluster_keys& keys,
                                                      const key_range& r, std::uint64_t revision) {
  const auto prefix = keys.records(r.in);
  const auto end = r.end ? prefix + bytes_of(*r.end) : storage::end_of_prefix(prefix);
  storage::record_digest digest;
  range_answer out{.cluster = {}, .revision = revision, .whole = true, .records = 0, .sha256 = {}, .next = {}};
  for (auto from = prefix + bytes_of(r.first);;) {
    const auto page = etcd.range(from, {.end = end, .limit = records_a_page, .revision = revision});
    if (!page && page.error().what == net::etcd::failure::kind::compacted) return out.whole = false, out;
    if (!page) return tl::unexpected(link_error{exit_no_node, "no-etcd", "etcd: " + page.error().text});
    for (const auto& one : page->records)
      digest.add(std::string_view(one.key).substr(prefix.size()), one.mod_revision, one.value);
    if (!page->more || page->records.empty()) break;
    from = page->records.back().key + '\0';
  }
  out.records = digest.records();
  out.sha256 = digest.finish();
  return out;
}

}  // namespace authnz::ctl
