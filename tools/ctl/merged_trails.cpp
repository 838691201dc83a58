#include "tools/ctl/merged_trails.hpp"

#include <algorithm>
#include <iterator>

namespace authnz::ctl {

using nlohmann::json;

namespace {

constexpr std::size_t most_remembered = 500'000;

std::string text_in(const json& event, const char* name) {
  const auto at = event.find(name);
  return at != event.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

void merged_trails::add(const std::string& node, json event) {
  if (!event.is_object()) return;
  const auto number = event.value("number", std::uint64_t{0});
  for (const auto* own : {"number", "node", "hash"}) event.erase(own);
  auto time = text_in(event, "time");
  if (const auto at = told_.find(node); at != told_.end())
    if (const auto parsed = proto::parse_time(time); parsed && (!at->second || *at->second < *parsed))
      at->second = parsed;
  auto words = event.dump(-1, ' ', false, json::error_handler_t::replace);
  if (was_passed(words)) return;
  const auto [at, is_new] = held_.try_emplace({std::move(time), std::move(words)});
  if (is_new) {
    at->second.event = std::move(event);
    at->second.since = round_;
  }
  at->second.numbers[node].push_back(number);
}

std::string merged_trails::slowest() const {
  const auto least = std::ranges::min_element(
      told_, [](const auto& a, const auto& b) { return a < b; }, [](const auto& t) { return t.second; });
  return least == told_.end() ? std::string() : least->first;
}

void merged_trails::end(const std::string& node) { told_.erase(node); }

void merged_trails::take_settled(const taker& take) {
  const auto last = told_.find(slowest());
  if (last == told_.end()) return take_all(take);
  const auto until = last->second ? proto::add_seconds(*last->second, -slack_seconds) : std::nullopt;
  if (!until) return;
  const auto before = proto::format_time(*until);
  for (auto at = held_.begin(); at != held_.end() && at->first.first < before;) at = pass_on(at, take);
}

void merged_trails::take_older(int rounds, std::size_t nodes, const taker& take) {
  ++round_;
  for (auto at = held_.begin(); at != held_.end();) {
    const bool due = round_ - at->second.since > rounds || at->second.numbers.size() >= nodes;
    at = due ? pass_on(at, take) : std::next(at);
  }
}

void merged_trails::take_all(const taker& take) {
  for (auto at = held_.begin(); at != held_.end();) at = pass_on(at, take);
}

merged_trails::held::iterator merged_trails::pass_on(held::iterator at, const taker& take) {
  auto& [event, numbers, since] = at->second;
  std::size_t times = 0;
  for (const auto& [node, all] : numbers) times = std::max(times, all.size());
  for (std::size_t i = 0; i < times; ++i) {
    auto& nodes = event["nodes"] = json::object();
    for (const auto& [node, all] : numbers)
      if (i < all.size()) nodes[node] = all[i];
    take(event);
  }
  if (passed_.size() >= most_remembered) passed_before_ = std::exchange(passed_, {});
  passed_.insert(std::hash<std::string>()(at->first.second));
  return held_.erase(at);
}

bool merged_trails::was_passed(const std::string& words) const {
  const auto hash = std::hash<std::string>()(words);
  return passed_.contains(hash) || passed_before_.contains(hash);
}

}  // namespace authnz::ctl
