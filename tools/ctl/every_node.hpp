/// The nodes of a cluster, through the one that is asked: who they are, and one
/// question to each (proto/questions.hpp, `relay`).
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

/// The name of the node that is dialled.
std::string asked_node(const node_link& link);

/// Names of the registered nodes; the one that is asked is always among them,
/// and alone on a single node. Asks etcd.
tl::expected<std::vector<std::string>, link_error> nodes_of(node_link& link);

/// Whether the error is that of the node that is asked, and not of one that it asked.
bool is_of_the_link(const link_error& error);

/// A question for the node that is asked, or for another through it; an answer
/// of that one that is late is no error of the link. `longest` in place of the
/// options' time-out.
tl::expected<nlohmann::json, link_error> ask_node(node_link& link, const std::string& node, proto::question what,
                                                  const nlohmann::json& arguments = nlohmann::json::object(),
                                                  std::optional<std::chrono::milliseconds> longest = {});

/// Answers by node, and sentences that say which nodes have none, and why.
struct answers_of_all {
  std::map<std::string, nlohmann::json> nodes;
  std::vector<std::string> missing;
};

/// One question to all, one after the other. If it cannot be known who they
/// are, to the one that is asked alone. The error is one of the link.
tl::expected<answers_of_all, link_error> ask_all(node_link& link, proto::question what,
                                                 const nlohmann::json& arguments = nlohmann::json::object());

/// On standard error, a line each; the exit status: refused if there are any.
int tell_missing(const std::vector<std::string>& missing);

}  // namespace authnz::ctl
