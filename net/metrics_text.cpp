#include "net/metrics_text.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "net/metric_families.hpp"
#include "proto/request_outcomes.hpp"

namespace authnz::net {

namespace {

using actors::actor_state;
using actors::snapshot;

double number(std::uint64_t n) { return static_cast<double>(n); }
double seconds(std::chrono::microseconds d) { return static_cast<double>(d.count()) / 1e6; }

void node(metric_families& out, const snapshot& s) {
  out.gauge("build_info", "Always 1; tells the node's name and the program's version.")
      .add(1, {{"node", s.node}, {"version", s.version}});
  out.gauge("ready", "1 while the server takes requests; /health/ready says why when it is 0.")
      .add(s.not_ready ? 0 : 1);
  out.gauge("requests_in_flight", "Requests in hand now.").add(s.in_flight);
  out.gauge("requests_in_flight_limit", "Requests that may be in hand at once; beyond, they are refused (503).")
      .add(s.most_in_flight);
}

/// How often each turnout of a request occurred; what may occur is there from
/// the start, so that the first time is seen as an increase.
std::map<std::size_t, std::uint64_t> turnouts_of(proto::request kind, const snapshot& s) {
  std::map<std::size_t, std::uint64_t> all;
  const auto may_occur = [&](auto what) { all.emplace(static_cast<std::size_t>(what), 0); };
  may_occur(proto::code::none);
  may_occur(proto::code::invalid_parameters);
  for (const auto& failure : proto::outcomes(kind).failures) may_occur(failure.reason);
  for (auto t : {actors::turnout::limited, actors::turnout::unavailable, actors::turnout::error}) may_occur(t);
  for (const auto& asked : s.requests)
    if (asked.kind == kind)
      for (const auto& [index, count] : asked.turnouts) all[index] = count;
  return all;
}

void requests(metric_families& out, const snapshot& s) {
  auto total = out.counter("requests_total",
                           "Requests that were answered, by what they asked and how it turned out: success, a failure "
                           "reason, rate-limited (429), unavailable (503) or error (500).");
  for (const auto& row : proto::request_table)
    for (const auto& [index, count] : turnouts_of(row.id, s))
      total.add(number(count),
                {{"request", std::string(row.name)}, {"outcome", std::string(actors::turnout_name(index))}});
  auto duration =
      out.histogram("request_duration_seconds", "Time from a request's arrival to its answer, by what it asked.");
  for (const auto& asked : s.requests)
    duration.add(asked.duration, fine_durations(), {{"request", std::string(proto::row(asked.kind).name)}},
                 asked.total_microseconds);
}

metric_labels labels_of(const actors::actor_row& a) {
  return {{"actor", a.id}, {"kind", a.kind}, {"shard", std::to_string(a.shard)}};
}

void actor_states(metric_families& out, const snapshot& s) {
  auto state = out.gauge("actor_state", "1 for the state that an actor is in, 0 for the others.");
  for (const auto& a : s.actors) {
    for (auto one = actor_state::running; one <= actor_state::stopped;
         one = static_cast<actor_state>(static_cast<int>(one) + 1)) {
      auto labels = labels_of(a);
      labels.push_back({"state", std::string(name(one))});
      state.add(a.state == one ? 1 : 0, std::move(labels));
    }
  }
}

void actor_counts(metric_families& out, const snapshot& s) {
  struct row {
    bool counts_up;
    const char* name;
    const char* help;
    double (*value)(const actors::actor_row&);
  };
  using a = const actors::actor_row&;
  static constexpr auto rows = std::to_array<row>({
      {true, "actor_handled_total", "Messages that an actor has handled, failed ones among them.",
       [](a r) { return number(r.measured.handled); }},
      {true, "actor_failures_total", "Messages that an actor failed to handle.",
       [](a r) { return number(r.measured.failed); }},
      {true, "actor_restarts_total", "How often an actor was started again after it had died.",
       [](a r) { return number(r.measured.restarts); }},
      {false, "actor_in_flight", "Work that an actor has in hand.", [](a r) { return number(r.measured.in_flight); }},
      {false, "actor_in_flight_peak", "The most work that an actor ever had in hand.",
       [](a r) { return number(r.measured.peak); }},
      {false, "actor_waiting", "Messages in an actor's mailbox, where they are counted.",
       [](a r) { return number(r.waiting); }},
      {false, "actor_oldest_work_age_seconds", "Age of the oldest work that waits or is in hand.",
       [](a r) { return seconds(r.oldest); }},
      {false, "actor_age_seconds", "Time since an actor was started last.", [](a r) { return seconds(r.age); }},
  });
  for (const auto& r : rows) {
    auto family = r.counts_up ? out.counter(r.name, r.help) : out.gauge(r.name, r.help);
    for (const auto& one : s.actors) family.add(r.value(one), labels_of(one));
  }
  auto memory = out.gauge("actor_memory_bytes", "Memory that an actor holds, where it is known.");
  for (const auto& one : s.actors)
    if (one.memory) memory.add(number(*one.memory), labels_of(one));
}

void actor_times(metric_families& out, const snapshot& s) {
  auto wait = out.histogram("actor_wait_seconds", "Time that work waited for an actor; the sum is within 1/16.");
  for (const auto& a : s.actors) wait.add(a.measured.wait, coarse_durations(), labels_of(a));
  auto service = out.histogram("actor_service_seconds", "Time that an actor took for work; the sum is within 1/16.");
  for (const auto& a : s.actors) service.add(a.measured.service, coarse_durations(), labels_of(a));
}

void hashing(metric_families& out, const actors::hashing_row& h) {
  out.gauge("hash_workers", "Threads that compute password hashes.").add(h.workers);
  out.gauge("hash_workers_busy", "Threads that compute a password hash now.").add(h.busy);
  out.gauge("hash_queue_length", "Password computations that wait for a thread.").add(h.queued);
  out.counter("hash_computations_total", "Password hashes that were computed.").add(number(h.computed));
  out.counter("hash_refused_total", "Password computations refused (503) because the queue was too long.")
      .add(number(h.refused));
  out.counter("hash_by_others_total", "Password hashes that other nodes of the cluster computed for this one.")
      .add(number(h.by_others));
  out.counter("hash_for_others_total", "Password hashes that other nodes of the cluster had this one compute.")
      .add(number(h.for_others));
  out.histogram("hash_compute_seconds", "Time of one password hash; the sum is within 1/16.")
      .add(h.compute_time, fine_durations());
}

void journal(metric_families& out, const actors::journal_row& j) {
  out.histogram("journal_batch_size", "Changes that were committed together; the sum is within 1/16.")
      .add(j.batch_size, small_numbers());
  out.histogram("journal_commit_seconds", "Time of a commit, the sync to the disk included; the sum is within 1/16.")
      .add(j.commit_time, fine_durations());
  out.counter("journal_applied_total", "Changes that were committed.").add(number(j.applied));
  out.counter("journal_conflicts_total", "Changes that had to be decided again because their ground had changed.")
      .add(number(j.conflicts));
  out.counter("journal_failures_total", "Changes that could not be written: the disk is full, or fails.")
      .add(number(j.failures));
  out.counter("journal_late_total", "Changes that were not written because their request's time was up (503).")
      .add(number(j.late));
}

void store(metric_families& out, const actors::store_row& st) {
  out.gauge("lmdb_readable", "1 when the store could be read for these numbers.").add(st.readable ? 1 : 0);
  out.gauge("lmdb_map_bytes", "Size of the store's map; it is doubled when it is full.").add(number(st.map_size));
  out.gauge("lmdb_used_bytes", "Part of the map that was ever used; pages that became free again are in it.")
      .add(number(st.used_pages) * number(st.page_size));
  out.counter("lmdb_revisions_total", "The last revision that the store gave to a record.")
      .add(number(st.last_revision));
  out.gauge("lmdb_readers", "Places in the table of readers that are taken.").add(st.readers);
  out.gauge("lmdb_readers_limit", "Places in the table of readers.").add(st.max_readers);
  out.gauge(
         "lmdb_oldest_reader_lag",
         "Transactions committed since the oldest open view was taken; free pages cannot be used again until it ends.")
      .add(number(st.oldest_reader_lag));
  auto records = out.gauge("lmdb_slice_records", "Records in a slice of the store.");
  for (const auto& one : st.slices) records.add(number(one.records), {{"slice", one.name}});
  auto bytes = out.gauge("lmdb_slice_bytes", "Bytes of the pages that a slice of the store takes.");
  for (const auto& one : st.slices) bytes.add(number(one.pages) * number(st.page_size), {{"slice", one.name}});
}

void mail(metric_families& out, const actors::mail_row& m) {
  out.gauge("mail_waiting", "Messages in the outbox.").add(number(m.waiting));
  out.counter("mail_attempts_total", "Attempts to send a message, by how the mail server answered.")
      .add(number(m.accepted), {{"outcome", "accepted"}})
      .add(number(m.deferred), {{"outcome", "deferred"}})
      .add(number(m.refused), {{"outcome", "refused"}});
  out.counter("mail_given_up_total", "Messages that were given up after their last attempt.").add(number(m.given_up));
}

void security(metric_families& out, const snapshot& s) {
  out.gauge("rate_limits_enabled", "1 when rate limits are on.").add(s.limits.enabled ? 1 : 0);
  out.gauge("rate_limit_buckets", "Callers that are told apart now.").add(number(s.limits.buckets));
  out.counter("rate_limit_refused_total", "Requests refused (429) by a rate limit.").add(number(s.limits.refused));
  out.counter("rate_limit_counted_for_others_total",
              "Counts in buckets of other nodes of the cluster, made here because their owner was out of reach.")
      .add(number(s.limits.counted_for_others));
  out.gauge("accounts_with_failed_checks", "E-mail addresses with failed password checks on record, locked ones too.")
      .add(number(s.accounts.attempts_kept));
  out.counter("account_locks_total", "Accounts that were locked by failed password checks.")
      .add(number(s.accounts.autolocks));
  out.counter("breach_lookups_total", "New passwords that were looked up among breached ones.")
      .add(number(s.accounts.breach_lookups));
  out.counter("breach_lookups_unreachable_total",
              "Such look-ups that got no answer, so that the password passed unchecked.")
      .add(number(s.accounts.breach_unreachable));
  out.gauge("audit_records", "Records in the audit trail.").add(number(s.audit.records));
  out.counter("audit_recorded_total", "Events that were recorded in the audit trail.").add(number(s.audit.recorded));
  out.counter("audit_lost_total", "Events that could not be recorded in the audit trail.").add(number(s.audit.lost));
}

struct listener_metric {
  std::string_view counted;  ///< as the listener calls it
  std::string_view label;    ///< of the family's label; empty if it has none
};

struct listener_family {
  std::string_view name;
  std::string_view label;  ///< its name; empty if there is none
  std::string_view help;
  std::array<listener_metric, 8> members;
};

constexpr auto listener_counters = std::to_array<listener_family>({
    {"connections_accepted_total", "", "Connections that were accepted.", {{{"accepted", ""}}}},
    {"connections_refused_total",
     "",
     "Connections that were closed at once because there were too many.",
     {{{"refused_connections", ""}}}},
    {"connections_timed_out_total",
     "",
     "Connections that were closed because they were too slow.",
     {{{"timed_out", ""}}}},
    {"tls_handshake_failures_total", "", "TLS handshakes that failed.", {{{"tls_failures", ""}}}},
    {"http_submitted_total", "", "Requests that were handed to the actors.", {{{"submitted", ""}}}},
    {"http_refused_total",
     "reason",
     "Requests that were refused before any actor saw them: unreadable, stale or replayed (401), bad-payload or "
     "malformed (400), not-found (404), wrong-method (405), too-large (413).",
     {{{"unreadable", "unreadable"},
       {"stale", "stale"},
       {"replayed", "replayed"},
       {"bad_payloads", "bad-payload"},
       {"malformed", "malformed"},
       {"not_found", "not-found"},
       {"wrong_method", "wrong-method"},
       {"too_large", "too-large"}}}},
    {"http_answers_total",
     "status",
     "Answers to requests that actors saw, by HTTP status.",
     {{{"answered_ok", "200"},
       {"answered_limited", "429"},
       {"answered_error", "500"},
       {"answered_unavailable", "503"}}}},
});

constexpr auto listener_gauges = std::to_array<listener_family>({
    {"connections_open", "", "Connections that are open now.", {{{"open", ""}}}},
    {"http_in_flight", "", "Requests that the listener waits for the answers of.", {{{"in_flight", ""}}}},
});

void add_counted(metric_family family, const listener_family& row,
                 const std::vector<std::pair<std::string, std::uint64_t>>& counted) {
  for (const auto& member : row.members) {
    const auto found = std::find_if(counted.begin(), counted.end(), [&](const auto& c) {
      return !member.counted.empty() && c.first == member.counted;
    });
    if (found == counted.end()) continue;
    metric_labels labels;
    if (!row.label.empty()) labels.push_back({std::string(row.label), std::string(member.label)});
    family.add(number(found->second), std::move(labels));
  }
}

void listening(metric_families& out, const actors::listener_row& l) {
  for (const auto& row : listener_counters) add_counted(out.counter(row.name, std::string(row.help)), row, l.counters);
  for (const auto& row : listener_gauges) add_counted(out.gauge(row.name, std::string(row.help)), row, l.gauges);
}

/// The families are there on a single node too, without samples.
void cluster(metric_families& out, const std::optional<actors::cluster_row>& c) {
  const auto add = [&](metric_family family, double value) {
    if (c) family.add(value);
  };
  const actors::cluster_row none;
  const auto& row = c ? *c : none;
  auto age = out.gauge("cluster_state_age_seconds", "Age of the state that the node decides on, where it is known.");
  if (row.age) age.add(static_cast<double>(row.age->count()) / 1e3);
  add(out.gauge("cluster_fresh", "1 while the node's state is recent enough to decide on; else requests get 503."),
      row.fresh ? 1 : 0);
  add(out.gauge("cluster_registered", "1 while the node is registered among the cluster's nodes."),
      row.registered ? 1 : 0);
  add(out.gauge("cluster_applied_revision", "Revision of etcd that the node's state is of."), number(row.applied));
  add(out.gauge("cluster_head_revision", "The cluster's last revision, as far as the node knows it."),
      number(row.head));
  add(out.counter("cluster_batches_total", "Batches of changes that the node sent to etcd."), number(row.batches));
  add(out.counter("cluster_unknown_outcomes_total",
                  "Batches whose outcome had to be found out, because etcd's answer was lost."),
      number(row.unknown_outcomes));
  add(out.counter("cluster_rebuilds_total", "How often the node's state was read from etcd as a whole."),
      number(row.rebuilds));
  add(out.counter("cluster_watch_reconnects_total", "How often the node had to follow etcd's changes anew."),
      number(row.reconnects));
  auto duties = out.gauge("cluster_duties", "1 for a duty that the node has for all, 0 for one that it has not.");
  for (const auto& [name, has] : row.duties) duties.add(has ? 1 : 0, {{"duty", name}});
}

void process(metric_families& out, const actors::process_row& p, std::chrono::sys_seconds started) {
  out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.").add(number(p.resident_bytes));
  out.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
      .add(number(p.cpu_microseconds) / 1e6);
  out.gauge("process_open_fds", "Number of open file descriptors.").add(p.open_files);
  out.gauge("process_max_fds", "Maximum number of open file descriptors.").add(p.max_files);
  out.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
      .add(static_cast<double>(started.time_since_epoch().count()));
}

}  // namespace

std::string metrics_text(const snapshot& s, std::chrono::sys_seconds started) {
  metric_families out;
  node(out, s);
  requests(out, s);
  actor_states(out, s);
  actor_counts(out, s);
  actor_times(out, s);
  hashing(out, s.hashing);
  journal(out, s.journal);
  store(out, s.store);
  mail(out, s.mail);
  security(out, s);
  listening(out, s.listener);
  cluster(out, s.cluster);
  process(out, s.process, started);
  return out.text();
}

}  // namespace authnz::net
