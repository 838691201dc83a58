#include "tools/daemon/cluster_report.hpp"

#include <algorithm>
#include <charconv>

namespace authnz::daemon {

namespace {

using net::etcd::member_status;
using nlohmann::ordered_json;

std::string name_of(const member_status& m) { return m.name.empty() ? m.endpoint : m.name + " (" + m.endpoint + ")"; }

/// Why a member does not answer, without its name.
std::string reason_of(const member_status& m) {
  const auto name = "etcd at " + m.endpoint + ": ";
  return m.why.starts_with(name) ? m.why.substr(name.size()) : m.why;
}

/// Whether a version such as `3.4.23` is 3.4 or later; yes if it cannot be read.
bool is_new_enough(const std::string& version) {
  int major = 0;
  int minor = 0;
  const auto end = version.data() + version.size();
  const auto dot = std::from_chars(version.data(), end, major);
  if (dot.ec != std::errc() || dot.ptr == end) return true;
  if (std::from_chars(dot.ptr + 1, end, minor).ec != std::errc()) return true;
  return major > 3 || (major == 3 && minor >= 4);
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

void judge(const member_status& m, std::vector<std::string>& out) {
  const auto who = "etcd " + name_of(m);
  if (!m.answers) {
    out.push_back(who + " does not answer" + (m.why.empty() ? "" : ": " + reason_of(m)) +
                  "; start it, or take it out of the item cluster");
    return;
  }
  if (!m.has_leader)
    out.push_back(who +
                  " has no leader, so nothing can be written: start the members that are missing, or mend the "
                  "network between them");
  for (const auto& alarm : m.alarms) {
    if (alarm == "NOSPACE")
      out.push_back(who +
                    " has used up its space (alarm NOSPACE), so nothing can be written: run etcdctl compact and "
                    "etcdctl defrag, or raise --quota-backend-bytes, then etcdctl alarm disarm");
    else
      out.push_back(who + " raises the alarm " + alarm +
                    ": see etcd's own documents on recovery, and do not write to it");
  }
  if (m.bytes > much_for_etcd)
    out.push_back(who + " takes " + mebibytes(m.bytes) + ", of them " + mebibytes(m.bytes_in_use) +
                  " in use; its quota is 2048 MiB unless --quota-backend-bytes says otherwise: run etcdctl defrag on "
                  "one member after the other, or raise the quota");
  if (!is_new_enough(m.version)) out.push_back(who + " is version " + m.version + "; 3.4 or later is needed");
}

void judge_node(const cluster_facts& f, std::vector<std::string>& out) {
  const auto& s = f.state;
  const auto because = s.trouble.empty() ? std::string() : ": " + s.trouble;
  if (!s.whole)
    out.push_back("this node reads the whole state from etcd again, and refuses requests (503) meanwhile" + because);
  else if (!s.fresh)
    out.push_back("this node cannot show that its state is recent enough, and refuses requests (503)" + because);
  else if (!s.trouble.empty())
    out.push_back(s.trouble);
  if (!f.registered && !f.drained)
    out.emplace_back(
        "this node is not registered, and has no duties; it goes on trying: see cluster.unregistered in its "
        "log");
}

void judge_links(const actors::peer_view& links, std::vector<std::string>& out) {
  std::string without;
  for (const auto& other : links.others)
    if (!other.door) without += (without.empty() ? "" : ", ") + other.node;
  if (!without.empty())
    out.push_back("this node has no link to " + without +
                  ", so each counts rate limits for itself: see cluster.link-failed in the log, and whether both have "
                  "the item clusterport and reach each other by it");
}

std::string_view name(net::cluster::consistency reads) {
  return reads == net::cluster::consistency::strict ? "strict" : "bounded";
}

ordered_json json_of(const member_status& m) {
  return {{"endpoint", m.endpoint},
          {"name", m.name},
          {"version", m.version},
          {"answers", m.answers},
          {"why", m.why.empty() ? ordered_json() : ordered_json(m.why)},
          {"leads", m.leads},
          {"has_leader", m.has_leader},
          {"revision", m.revision},
          {"bytes", m.bytes},
          {"bytes_in_use", m.bytes_in_use},
          {"alarms", m.alarms},
          {"took_us", m.took.count()}};
}

/// Whether there is a link to each of the other nodes.
ordered_json json_of(const actors::peer_view& links) {
  ordered_json list = ordered_json::array();
  for (const auto& other : links.others)
    list.push_back({{"node", other.node}, {"linked", static_cast<bool>(other.door)}});
  return list;
}

/// Null where there can be none.
ordered_json linked_to(const actors::peer_view* links, const std::string& node) {
  if (links == nullptr || links->self == node) return {};
  return std::ranges::any_of(links->others, [&](const auto& other) { return other.node == node && other.door; });
}

}  // namespace

std::vector<std::string> problems_of(const cluster_facts& f) {
  std::vector<std::string> out;
  judge_node(f, out);
  if (f.links) judge_links(*f.links, out);
  if (std::ranges::none_of(f.etcd, &member_status::answers))
    out.emplace_back("no member of etcd answers: nothing can be written, and soon every request is refused (503)");
  for (const auto& m : f.etcd) judge(m, out);
  return out;
}

ordered_json report_of(const cluster_facts& f) {
  const auto& s = f.state;
  ordered_json etcd = ordered_json::array();
  for (const auto& m : f.etcd) etcd.push_back(json_of(m));
  return {{"cluster", s.cluster},
          {"node", s.node},
          {"prefix", f.prefix},
          {"consistency", name(f.reads)},
          {"bound_ms", f.bound.count()},
          {"fresh", s.fresh},
          {"whole", s.whole},
          {"age_ms", s.age_ms < 0 ? ordered_json() : ordered_json(s.age_ms)},
          {"applied", s.applied},
          {"head", s.head},
          {"registered", f.registered},
          {"drained", f.drained},
          {"duties", f.duties},
          {"links", f.links ? json_of(*f.links) : ordered_json()},
          {"batches", s.batches},
          {"unknown_outcomes", s.unknown_outcomes},
          {"rebuilds", s.rebuilds},
          {"reconnects", s.reconnects},
          {"etcd", std::move(etcd)},
          {"problems", problems_of(f)}};
}

ordered_json list_of(const std::vector<net::cluster::member>& members, const std::string& this_node,
                     const actors::peer_view* links) {
  ordered_json list = ordered_json::array();
  for (const auto& m : members)
    list.push_back({{"node", m.node},
                    {"this", m.node == this_node},
                    {"address", m.address},
                    {"version", m.version},
                    {"started", m.started},
                    {"revision", m.revision},
                    {"duties", m.duties},
                    {"link", m.link.empty() ? ordered_json() : ordered_json(m.link)},
                    {"linked", linked_to(links, m.node)}});
  return {{"members", std::move(list)}};
}

}  // namespace authnz::daemon
