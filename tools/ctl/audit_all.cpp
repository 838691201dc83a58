#include "tools/ctl/audit_all.hpp"

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <optional>

#include "tools/ctl/every_node.hpp"
#include "tools/ctl/interrupted.hpp"
#include "tools/ctl/merged_trails.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

// A change reaches the other nodes within one, as a rule.
constexpr int looks_held = 2;
constexpr int looks_between_rosters = 10;

class trails_reader {
 public:
  trails_reader(node_link& link, const audit_options& o, json wanted)
      : link_(link), options_(o), wanted_(std::move(wanted)) {}

  /// Those that there are now, and more each time.
  tl::expected<void, link_error> find_nodes();
  /// All trails, up to their ends.
  tl::expected<void, link_error> read_all();
  /// What is new in them.
  tl::expected<void, link_error> read_new();
  void print_kept();
  bool is_whole() const { return whole_; }

 private:
  struct trail {
    std::optional<std::uint64_t> last;  ///< number of what was read last; nothing = it could not be asked yet
    std::string trouble;                ///< why it could not be read, as it was told
  };
  using position = std::map<std::string, trail>::value_type;

  /// Begins where the newest `kept` events are left; true if that could be found out.
  tl::expected<bool, link_error> begin(position& of, std::uint64_t kept);
  /// Whether there is more.
  tl::expected<bool, link_error> read_page(position& of);
  tl::expected<bool, link_error> without(position& of, const link_error& why);
  void take(const json& event);
  void print(const json& event) const;

  node_link& link_;
  const audit_options& options_;
  json wanted_;
  std::map<std::string, trail> trails_;
  merged_trails merged_;
  std::deque<json> kept_;
  bool following_ = false;
  bool whole_ = true;
};

tl::expected<void, link_error> trails_reader::find_nodes() {
  auto names = nodes_of(link_);
  if (!names) {
    if (is_of_the_link(names.error())) return tl::unexpected(names.error());
    whole_ = false;
    if (following_) return {};
    tell_missing({"the other nodes are not known: " + names.error().text});
    names = {asked_node(link_)};
  }
  for (const auto& name : *names) trails_.try_emplace(name);
  return {};
}

tl::expected<bool, link_error> trails_reader::without(position& of, const link_error& why) {
  if (is_of_the_link(why)) return tl::unexpected(why);
  whole_ = false;
  if (of.second.trouble != why.text) tell_missing({of.first + ": " + why.text});
  of.second.trouble = why.text;
  return false;
}

tl::expected<bool, link_error> trails_reader::begin(position& of, std::uint64_t kept) {
  const auto end =
      ask_node(link_, of.first, proto::question::audit, {{"limit", 1}, {"after", INT64_MAX}}, longest_page);
  if (!end) return without(of, end.error());
  const auto newest = end->at("newest").get<std::uint64_t>();
  of.second.last = newest - std::min(newest, kept);
  return true;
}

tl::expected<bool, link_error> trails_reader::read_page(position& of) {
  auto& [name, trail] = of;
  auto wanted = wanted_;
  wanted["after"] = *trail.last;
  const auto found = ask_node(link_, name, proto::question::audit, wanted, longest_page);
  if (!found) return without(of, found.error());
  trail.trouble.clear();
  for (const auto& event : found->at("events")) merged_.add(name, event);
  trail.last = found->at("last").get<std::uint64_t>();
  // A trail that began anew, because the node's disk was lost.
  if (*trail.last > found->at("newest").get<std::uint64_t>()) trail.last = 0;
  return found->at("more").get<bool>();
}

tl::expected<void, link_error> trails_reader::read_all() {
  // Without filters the last ones are found without reading all before them.
  const auto kept = options_.is_filtered() || options_.limit == 0 ? UINT64_MAX : options_.limit;
  for (auto& of : trails_) {
    const auto begun = begin(of, kept);
    if (!begun) return tl::unexpected(begun.error());
    if (*begun) merged_.begin(of.first);
  }
  for (auto name = merged_.slowest(); !name.empty() && !interruption::came(); name = merged_.slowest()) {
    const auto more = read_page(*trails_.find(name));
    if (!more) return tl::unexpected(more.error());
    if (!*more) merged_.end(name);
    merged_.take_settled([this](const json& event) { take(event); });
  }
  return {};
}

tl::expected<void, link_error> trails_reader::read_new() {
  following_ = true;
  for (auto& of : trails_) {
    if (!of.second.last) {
      // Of one that came meanwhile, what it recorded before is not new.
      const auto begun = begin(of, 0);
      if (!begun) return tl::unexpected(begun.error());
      if (!*begun) continue;
    }
    for (bool more = true; more && !interruption::came();) {
      const auto read = read_page(of);
      if (!read) return tl::unexpected(read.error());
      more = *read;
    }
  }
  const auto heard = std::ranges::count_if(trails_, [](const auto& t) { return t.second.trouble.empty(); });
  merged_.take_older(looks_held, static_cast<std::size_t>(heard), [this](const json& event) { print(event); });
  std::cout << std::flush;
  return {};
}

void trails_reader::take(const json& event) {
  if (options_.limit == 0) return print(event);
  kept_.push_back(event);
  if (kept_.size() > options_.limit) kept_.pop_front();
}

void trails_reader::print(const json& event) const {
  std::string nodes;
  const auto& of = event.at("nodes");
  for (const auto& [node, number] : of.items()) nodes += (nodes.empty() ? "" : ",") + node;
  const bool everywhere = of.size() == trails_.size() && of.size() > 1;
  print_event(event, everywhere ? "*" : printable(nodes), options_.as_json);
}

void trails_reader::print_kept() {
  std::ranges::stable_sort(kept_, {}, [](const json& event) { return event.value("time", std::string()); });
  for (const auto& event : kept_) print(event);
  kept_.clear();
  std::cout << std::flush;
}

}  // namespace

int show_all_trails(node_link& link, const audit_options& o) {
  auto wanted = wanted_of(o);
  if (!wanted) return fail(wanted.error());
  const interruption watching;
  trails_reader trails(link, o, std::move(*wanted));
  const auto read = trails.find_nodes().and_then([&] { return trails.read_all(); });
  if (!read) return fail(read.error());
  trails.print_kept();
  for (int look = 1; o.follow && !interruption::came(); ++look) {
    interruption::sleep(between_looks);
    if (look % looks_between_rosters == 0)
      if (const auto found = trails.find_nodes(); !found) return fail(found.error());
    if (const auto found = trails.read_new(); !found) return fail(found.error());
  }
  return trails.is_whole() || o.follow ? exit_done : exit_refused;
}

}  // namespace authnz::ctl
