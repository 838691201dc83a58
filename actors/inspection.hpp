/// What the inspector's answers are made from and how they are given.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "actors/audit.hpp"
#include "actors/decider.hpp"
#include "actors/gateway.hpp"
#include "actors/log.hpp"
#include "actors/node_meters.hpp"
#include "actors/routes.hpp"
#include "actors/snapshot.hpp"
#include "actors/spawn.hpp"
#include "actors/tracer.hpp"

namespace authnz::actors {

using nlohmann::json;
class peer_roster;

/// Why a question has no answer. Codes: `unknown-question`, `bad-argument`,
/// `not-found`, `not-possible`, `conflict`, `storage`, `unavailable`, `no-link`.
struct inspection_error {
  std::string code;
  std::string text;  ///< one sentence that says what to do
};

/// An answer's object, its members in the order in which they shall be shown.
using inspected = tl::expected<nlohmann::ordered_json, inspection_error>;

/// Gives the answer; to be called once, on the inspector's own thread if
/// nothing else is said.
using answer_to = std::function<void(inspected)>;

inline tl::unexpected<inspection_error> bad_argument(std::string text) {
  return tl::unexpected(inspection_error{"bad-argument", std::move(text)});
}
inline tl::unexpected<inspection_error> not_found(std::string text) {
  return tl::unexpected(inspection_error{"not-found", std::move(text)});
}
inline tl::unexpected<inspection_error> not_possible(std::string text) {
  return tl::unexpected(inspection_error{"not-possible", std::move(text)});
}

/// What the node's program knows of its cluster; empty functions on a single
/// node. They may ask etcd, return at once, and call back once, from any
/// thread, within seconds.
struct cluster_outside {
  std::function<void(answer_to)> status;   ///< an object; `problems` is a list of sentences
  std::function<void(answer_to)> members;  ///< `{"members": [...]}`
  std::function<void(answer_to)> drain;    ///< gives the duties up
  const peer_roster* peers = nullptr;      ///< the other nodes; null = there are no links to them
};

/// What the node's program knows and the actors do not.
struct node_outside {
  std::function<listener_row()> listeners;
  /// The configuration in force, without secrets: a list of
  /// `{"name", "value", "source"}`.
  std::function<nlohmann::ordered_json()> configuration;
  /// Reads the configuration again; returns what was kept because it is broken.
  std::function<std::vector<std::string>()> reload;
  std::function<log_level()> get_log_level;
  std::function<void(log_level)> set_log_level;
  cluster_outside cluster = {};
};

/// How administrators' acts come into the audit.
struct audit_writer {
  std::function<void(const audit_event&)> write;        ///< a line, and a record of its own
  std::function<void(const audit_event&)> line;         ///< the line alone
  std::function<std::string(const audit_event&)> text;  ///< of a record, to be committed with its change
};

/// All that a question may look at. Outlives the inspector.
struct inspection_parts {
  storage::store& store;
  const route_table& routes;
  gateway_ingress& door;
  const node& actors;
  node_meters_ptr meters;
  std::shared_ptr<tracer> traces;
  audit_writer audit;
  settings_ptr settings;
  std::function<snapshot()> take_snapshot;
  node_outside outside;
  std::function<std::string(const std::string&)> digest;  ///< what stands for a person in the audit trail
  std::string node_name;
  std::string version;
  clocks time = clocks::system();
};

/// A change that an administrator asks for: what to commit, and the answer
/// when it holds. An empty transaction answers at once.
struct admin_change {
  storage::mini_transaction tx;
  nlohmann::ordered_json answer = nlohmann::ordered_json::object();
};

/// Decides on one state of the store; runs again on conflicts.
using admin_decision = std::function<tl::expected<admin_change, inspection_error>(const storage::view&)>;

/// What answers may use to find out or change things; the inspector is one.
class inspection_desk {
 public:
  virtual ~inspection_desk() = default;
  virtual const inspection_parts& parts() const = 0;
  /// Commits through the journal, then answers; conflicts run it again.
  virtual void change(admin_decision decide, answer_to done) = 0;
  /// Asks this node as a frontend would; answers with the request's answer.
  virtual void request(const std::string& name, const json& body, answer_to done) = 0;
  /// A function for any thread: what it gets is done on the inspector's own,
  /// which alone may answer.
  virtual std::function<void(std::function<void()>)> way_home() const = 0;
};

}  // namespace authnz::actors
