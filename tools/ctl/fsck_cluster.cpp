#include "tools/ctl/fsck_cluster.hpp"

#include <algorithm>
#include <iostream>
#include <thread>
#include <vector>

#include "storage/slices.hpp"
#include "tools/ctl/asking.hpp"
#include "tools/ctl/fsck_report.hpp"
#include "tools/ctl/range_digests.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int most_tries = 10;
constexpr std::chrono::milliseconds between_tries{100};
constexpr std::chrono::seconds longest_list{20};
constexpr int records_a_range = 5'000;
// Of a range whose ends are known: what came to it since counts too.
constexpr int most_in_a_range = 100'000;

/// What a slice's ranges came to.
struct slice_result {
  std::string name;
  std::uint64_t records = 0;           ///< of the first node
  std::vector<std::string> different;  ///< names of nodes that differ
  std::vector<std::string> undecided;  ///< names of nodes that could not be compared
};

enum class verdict : std::uint8_t { same, different, undecided };
using judged = tl::expected<verdict, link_error>;

bool is_of_the_same_revision(const range_answer& one, const range_answer& other) {
  return one.whole && other.whole && one.cluster == other.cluster && one.revision == other.revision;
}

class comparison {
 public:
  comparison(std::vector<asked_node> nodes, net::etcd::client* etcd, storage::cluster_keys keys)
      : nodes_(std::move(nodes)), etcd_(etcd), keys_(std::move(keys)) {}

  tl::expected<slice_result, link_error> compare(storage::slice in) {
    slice_result result{.name = storage::row(in).name, .records = 0, .different = {}, .undecided = {}};
    key_range r{.in = in};
    do {
      r.end.reset();
      const auto begun = ask_digest(nodes_.front(), r, records_a_range);
      if (!begun) return tl::unexpected(begun.error());
      r.end = begun->next;
      result.records += begun->records;
      progress_.show("compared", all_ += begun->records);
      if (auto done = compare_range(r, result); !done) return tl::unexpected(done.error());
      r.first = r.end.value_or("");
    } while (r.end);
    return result;
  }

 private:
  tl::expected<void, link_error> compare_range(const key_range& r, slice_result& result) {
    // The first node is its own measure unless there is a better one.
    for (std::size_t i = etcd_ != nullptr ? 0 : 1; i < nodes_.size(); ++i) {
      const auto found = judge(nodes_[i], r);
      if (!found) return tl::unexpected(found.error());
      if (*found == verdict::same) continue;
      auto& names = *found == verdict::different ? result.different : result.undecided;
      if (std::ranges::find(names, nodes_[i].name) == names.end()) names.push_back(nodes_[i].name);
    }
    return {};
  }

  judged judge(asked_node& node, const key_range& r) {
    for (int tries = 0; tries < most_tries; ++tries) {
      if (tries != 0) std::this_thread::sleep_for(between_tries);
      const auto theirs = ask_digest(node, r, most_in_a_range);
      if (!theirs) return tl::unexpected(theirs.error());
      auto found = etcd_ != nullptr ? compare_with_etcd(*theirs, r) : compare_with_first(*theirs, r);
      if (!found || *found != verdict::undecided) return found;
    }
    return verdict::undecided;
  }

  judged compare_with_etcd(const range_answer& theirs, const key_range& r) {
    if (!theirs.whole || theirs.revision == 0) return verdict::undecided;
    const auto there = digest_of_etcd(*etcd_, keys_, r, theirs.revision);
    if (!there) return tl::unexpected(there.error());
    if (!there->whole) return verdict::undecided;
    return theirs.has_what(*there) ? verdict::same : verdict::different;
  }

  judged compare_with_first(const range_answer& theirs, const key_range& r) {
    const auto mine = ask_digest(nodes_.front(), r, most_in_a_range);
    if (!mine) return tl::unexpected(mine.error());
    if (mine->has_what(theirs)) return verdict::same;
    return is_of_the_same_revision(*mine, theirs) ? verdict::different : verdict::undecided;
  }

  std::vector<asked_node> nodes_;
  net::etcd::client* etcd_;
  storage::cluster_keys keys_;
  fsck_progress progress_;
  std::uint64_t all_ = 0;
};

/// Links to all members; the first is who was asked for them.
tl::expected<std::vector<asked_node>, link_error> dial_members(const node_options& first) {
  auto link = node_link::connect(first);
  if (!link) return tl::unexpected(link.error());
  const auto answer = link->ask(proto::question::cluster_members, json::object(), longest_list);
  if (!answer) return tl::unexpected(answer.error());
  const auto mine = cell(link->hello(), "node");
  std::vector<asked_node> nodes;
  nodes.push_back({mine, std::move(*link)});
  for (const auto& member : answer->value("members", json::array())) {
    if (member.value("this", false)) nodes.front().name = cell(member, "node");
    if (member.value("this", false) || cell(member, "node") == mine) continue;
    auto there = first;
    there.node = cell(member, "address");
    const auto name = cell(member, "node");
    if (there.node.empty())
      return tl::unexpected(link_error{exit_no_node, "no-address", name + " does not tell where its admin link is"});
    auto other = node_link::connect(there);
    if (!other) return tl::unexpected(link_error{exit_no_node, other.error().code, name + ": " + other.error().text});
    nodes.push_back({name, std::move(*other)});
  }
  return nodes;
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

std::string shown(const slice_result& r) {
  if (!r.different.empty()) return "DIFFERENT at " + joined(r.different);
  if (!r.undecided.empty()) return "undecided at " + joined(r.undecided);
  return "same";
}

int status_of(const std::vector<slice_result>& all) {
  const auto differs = [](const slice_result& r) { return !r.different.empty(); };
  const auto is_open = [](const slice_result& r) { return !r.undecided.empty(); };
  if (std::ranges::any_of(all, differs)) return exit_refused;
  return std::ranges::any_of(all, is_open) ? exit_no_node : exit_done;
}

void tell_as_json(const std::vector<std::string>& nodes, bool with_etcd, const std::vector<slice_result>& all) {
  ordered_json slices = ordered_json::array();
  for (const auto& r : all)
    slices.push_back(
        {{"slice", r.name}, {"records", r.records}, {"different", r.different}, {"undecided", r.undecided}});
  print_json({{"same", status_of(all) == exit_done},
              {"nodes", nodes},
              {"compared_with", with_etcd ? "etcd" : nodes.front()},
              {"slices", slices}});
}

void tell_as_text(const std::vector<std::string>& nodes, bool with_etcd, const std::vector<slice_result>& all) {
  table t({{"SLICE"}, {"RECORDS", align::right}, {"VERDICT"}});
  for (const auto& r : all) t.add({r.name, std::to_string(r.records), shown(r)});
  print(t);
  std::cout << "compared " << printable(joined(nodes)) << (with_etcd ? " with etcd\n" : " with each other\n");
  if (status_of(all) == exit_no_node)
    std::cout << "undecided: never at the same revision, or being rebuilt; ask again"
              << (with_etcd ? "\n" : ", or name etcd with --etcd\n");
}

}  // namespace

int fsck_cluster(const node_options& first, const etcd_options& etcd, bool as_json) {
  std::optional<net::etcd::client> engine;
  if (!etcd.endpoints.empty()) {
    auto where = read_etcd_options(etcd);
    if (!where) return fail({exit_usage, "bad-argument", where.error()});
    engine.emplace(std::move(*where));
  }
  auto nodes = dial_members(first);
  if (!nodes) return fail(nodes.error());
  std::vector<std::string> names;
  for (const auto& node : *nodes) names.push_back(node.name);
  std::vector<slice_result> all;
  {
    comparison compared(std::move(*nodes), engine ? &*engine : nullptr, storage::cluster_keys(etcd.prefix));
    for (const auto& r : storage::slice_table) {
      if (r.of != storage::scope::cluster || r.derived) continue;
      auto result = compared.compare(r.id);
      if (!result) return fail(result.error());
      all.push_back(std::move(*result));
    }
  }
  (as_json ? tell_as_json : tell_as_text)(names, engine.has_value(), all);
  return status_of(all);
}

}  // namespace authnz::ctl
