/// THE table of what an administrator's tool may ask a running node, and the
/// form of questions and answers. Dispatch and documentation derive from it.
///
/// A question is a name, arguments and who asks; arguments and answers are
/// JSON objects as text, so that a tool and a node of different versions
/// understand each other: what is not known is ignored. An answer is
/// `{"ok": {...}}` or `{"error": {"code": ..., "text": ...}}`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace authnz::proto {

/// Raised when an older tool could misunderstand a node, or the other way round.
inline constexpr std::uint16_t inspection_protocol = 1;

enum class question : std::uint8_t {
  node,
  snapshot,
  actor_control,
  trace_start,
  trace_read,
  trace_stop,
  request,
  sessions,
  session_end,
  apikeys,
  apikey_revoke,
  mail_queue,
  mail_retry,
  mail_drop,
  limits,
  limits_clear,
  configuration,
  configuration_reload,
  log_level,
  audit,
  audit_verify,
  store_check,
  store_digest,
  cluster_status,
  cluster_members,
  cluster_drain,
  relay,
  count_
};
inline constexpr std::size_t question_count = static_cast<std::size_t>(question::count_);

struct question_row {
  question id{};
  std::string_view name;
  bool acts;              ///< changes something; is written to the audit
  std::string_view help;  ///< one sentence
  bool commits = false;   ///< its record in the audit trail is committed with its change
  /// May come from another node, in an administrator's name. What would let the
  /// holder of a node's certificate rule over accounts does not.
  bool by_peers = false;
};

inline constexpr auto question_table = std::to_array<question_row>({
    {question::node, "node", false, "Who the node is, since when it runs, and whether it is ready."},
    {question::snapshot, "snapshot", false, "Every actor, request kind, queue and counter at this moment.", false,
     true},
    {question::actor_control, "actor-control", true, "Pause, resume, restart or drain one actor."},
    {question::trace_start, "trace-start", true, "Begin to follow requests; ends by itself."},
    {question::trace_read, "trace-read", false, "The requests that were followed since the last reading."},
    {question::trace_stop, "trace-stop", false, "Follow no more."},
    {question::request, "request", true, "Any request of the wire, decided as if a frontend had sent it."},
    {question::sessions, "sessions", false, "Sessions, a page of them."},
    {question::session_end, "session-end", true, "End one session.", true},
    {question::apikeys, "apikeys", false, "API keys, a page of them."},
    {question::apikey_revoke, "apikey-revoke", true, "Revoke one API key.", true},
    {question::mail_queue, "mail-queue", false, "Messages that wait to be sent."},
    {question::mail_retry, "mail-retry", true, "Try a message again now.", true},
    {question::mail_drop, "mail-drop", true, "Give a message up.", true},
    {question::limits, "limits", false, "Rate-limit buckets that are not full.", false, true},
    {question::limits_clear, "limits-clear", true, "Fill a rate-limit bucket, or all of them.", false, true},
    {question::configuration, "configuration", false, "What the node is configured with, without secrets."},
    {question::configuration_reload, "configuration-reload", true, "Read the configuration again, as SIGHUP does."},
    {question::log_level, "log-level", true, "Read or set the least level that is logged."},
    {question::audit, "audit", false, "Records of the audit trail, a page of them.", false, true},
    {question::audit_verify, "audit-verify", false, "Whether the audit trail's chain holds."},
    {question::store_check, "store-check", false, "Whether the store holds together, a part of it."},
    {question::store_digest, "store-digest", false,
     "A digest of records of one slice, and of which revision they are."},
    {question::cluster_status, "cluster-status", false,
     "How the node's state and etcd are, and what is wrong with them."},
    {question::cluster_members, "cluster-members", false, "The nodes of the cluster that run, and their duties."},
    {question::cluster_drain, "cluster-drain", true, "Give the node's duties up, and let balancers leave it."},
    {question::relay, "relay", true, "Have another node answer a question; it is written to that one's audit."},
});

constexpr bool question_table_is_in_order() {
  for (std::size_t i = 0; i < question_table.size(); ++i)
    if (static_cast<std::size_t>(question_table[i].id) != i) return false;
  return question_table.size() == question_count;
}
static_assert(question_table_is_in_order(), "question_table needs one row a question, in the enum's order");

constexpr const question_row& row(question q) { return question_table[static_cast<std::size_t>(q)]; }

constexpr std::optional<question> find_question(std::string_view name) {
  for (const auto& r : question_table)
    if (r.name == name) return r.id;
  return std::nullopt;
}

}  // namespace authnz::proto
