#include "tools/ctl/every_node.hpp"

#include <algorithm>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::question;

std::string asked_node(const node_link& link) { return cell(link.hello(), "node"); }

bool is_of_the_link(const link_error& error) { return error.exit_code == exit_no_node; }

tl::expected<std::vector<std::string>, link_error> nodes_of(node_link& link) {
  std::vector<std::string> names{asked_node(link)};
  const auto answer = link.ask(question::cluster_members);
  if (!answer) {
    // A node of no cluster knows of no others.
    if (answer.error().code == "not-possible") return names;
    return tl::unexpected(answer.error());
  }
  for (const auto& row : answer->value("members", json::array()))
    if (auto name = cell(row, "node"); !name.empty()) names.push_back(std::move(name));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

tl::expected<json, link_error> ask_node(node_link& link, const std::string& node, question what, const json& arguments,
                                        std::optional<std::chrono::milliseconds> longest) {
  const auto ask = [&](question whom, const json& with) {
    return longest ? link.ask(whom, with, *longest) : link.ask(whom, with);
  };
  if (node == asked_node(link)) return ask(what, arguments);
  auto answer = ask(question::relay, {{"node", node}, {"question", proto::row(what).name}, {"arguments", arguments}});
  // The one that is asked answers at once whatever it is asked; it waits for the other.
  if (!answer && answer.error().code == "no-answer")
    return tl::unexpected(link_error{exit_refused, "no-answer",
                                     "node " + node + " does not answer in time; it may have done what it was asked"});
  return answer;
}

tl::expected<answers_of_all, link_error> ask_all(node_link& link, question what, const json& arguments) {
  answers_of_all out;
  auto names = nodes_of(link);
  if (!names) {
    if (is_of_the_link(names.error())) return tl::unexpected(names.error());
    out.missing.push_back("the other nodes are not known: " + names.error().text);
    names = {asked_node(link)};
  }
  for (const auto& name : *names) {
    auto answer = ask_node(link, name, what, arguments);
    if (answer)
      out.nodes[name] = std::move(*answer);
    else if (is_of_the_link(answer.error()))
      return tl::unexpected(answer.error());
    else
      out.missing.push_back(name + ": " + answer.error().text);
  }
  return out;
}

int tell_missing(const std::vector<std::string>& missing) {
  for (const auto& one : missing) std::cerr << "authnzctl: " << printable(one) << '\n';
  return missing.empty() ? exit_done : exit_refused;
}

}  // namespace authnz::ctl
