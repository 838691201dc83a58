#include "tools/ctl/audit_command.hpp"

#include <CLI/CLI.hpp>
#include <deque>
#include <iostream>

#include "tools/ctl/audit_all.hpp"
#include "tools/ctl/audit_options.hpp"
#include "tools/ctl/interrupted.hpp"
#include "tools/ctl/node_link.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

void print_numbered(const json& event, bool as_json) { print_event(event, text_in_event(event, "number"), as_json); }

/// Reads the trail page by page; keeps the last `limit` events, 0 = prints all as they come.
class reader {
 public:
  reader(node_link& link, const audit_options& o, json wanted) : link_(link), options_(o), wanted_(std::move(wanted)) {}

  tl::expected<void, link_error> read_to_the_end() {
    for (bool more = true; more && !interruption::came();) {
      wanted_["after"] = last_;
      auto found = link_.ask(proto::question::audit, wanted_, longest_page);
      if (!found) return tl::unexpected(std::move(found.error()));
      for (auto& event : found->at("events")) take(std::move(event));
      last_ = found->at("last").get<std::uint64_t>();
      more = found->at("more").get<bool>();
    }
    return {};
  }

  void print_kept() {
    for (const auto& event : kept_) print_numbered(event, options_.as_json);
    kept_.clear();
    passing_on_ = true;
    std::cout << std::flush;
  }
  /// Without filters the last ones are found without reading all before them.
  void begin_behind(std::uint64_t number) { last_ = number; }

 private:
  void take(json&& event) {
    if (options_.limit == 0 || passing_on_) return print_numbered(event, options_.as_json);
    kept_.push_back(std::move(event));
    if (kept_.size() > options_.limit) kept_.pop_front();
  }

  node_link& link_;
  const audit_options& options_;
  json wanted_;
  std::deque<json> kept_;
  std::uint64_t last_ = 0;
  bool passing_on_ = false;
};

int show(node_link& link, const audit_options& o) {
  auto wanted = wanted_of(o);
  if (!wanted) return fail(wanted.error());
  const interruption watching;
  reader trail(link, o, std::move(*wanted));
  if (!o.is_filtered() && o.limit > 0) {
    const auto end = link.ask(proto::question::audit, {{"limit", 1}, {"after", INT64_MAX}});
    if (!end) return fail(end.error());
    const auto newest = end->at("newest").get<std::uint64_t>();
    trail.begin_behind(newest > o.limit ? newest - o.limit : 0);
  }
  for (;;) {
    if (const auto read = trail.read_to_the_end(); !read) return fail(read.error());
    trail.print_kept();
    if (!o.follow || interruption::came()) return exit_done;
    interruption::sleep(between_looks);
  }
}

struct chain_end {
  std::uint64_t number = 0;
  std::string hash;
};

tl::expected<chain_end, link_error> end_of(const std::string& text) {
  const auto colon = text.find(':');
  const auto number = text.substr(0, colon);
  const bool digits =
      !number.empty() && number.size() < 19 && number.find_first_not_of("0123456789") == std::string::npos;
  if (colon == std::string::npos || !digits || number == "0" || text.size() - colon != 65)
    return tl::unexpected(
        link_error{exit_usage, "bad-argument", "--expect: must be NUMBER:HASH, as an earlier --verify printed it"});
  return chain_end{std::stoull(number), text.substr(colon + 1)};
}

int tell(const json& found, std::uint64_t records, const audit_options& o) {
  const auto& broken = found.at("broken");
  if (o.as_json) {
    std::cout << json{{"holds", broken.is_null()},
                      {"records", records},
                      {"last", found.at("last")},
                      {"hash", found.at("hash")},
                      {"broken", broken}}
                     .dump()
              << '\n';
  } else if (broken.is_null()) {
    std::cout << "the trail holds: " << records << " records\nend " << found.at("last").dump() << ':'
              << text_in_event(found, "hash") << "\n";
  } else {
    std::cout << "the trail is BROKEN: record " << broken.at("number").dump() << ' ' << text_in_event(broken, "why")
              << '\n';
  }
  return broken.is_null() ? exit_done : exit_refused;
}

/// First what is expected, if anything: the trail up to there must end with
/// that hash; and then all that follows.
int verify(node_link& link, const audit_options& o) {
  chain_end expected;
  if (!o.expected.empty()) {
    auto given = end_of(o.expected);
    if (!given) return fail(given.error());
    expected = std::move(*given);
  }
  json from = json::object();
  std::uint64_t records = 0;
  bool met = o.expected.empty();
  for (;;) {
    const auto found = link.ask(proto::question::audit_verify, from, longest_page);
    if (!found) return fail(found.error());
    records += found->at("records").get<std::uint64_t>();
    const auto last = found->at("last").get<std::uint64_t>();
    if (!met && found->at("from").get<std::uint64_t>() > expected.number)
      return fail({exit_refused, "forgotten",
                   "record " + std::to_string(expected.number) + " was removed for its age; expect a newer one"});
    if (!found->at("broken").is_null()) return tell(*found, records, o);
    if (!met && last >= expected.number) {
      const auto there = link.ask(proto::question::audit, {{"limit", 1}, {"after", expected.number - 1}});
      if (!there) return fail(there.error());
      const auto& events = there->at("events");
      if (events.empty() || events.at(0).at("hash") != expected.hash)
        return fail({exit_refused, "rewritten",
                     "the trail is not the one that ended with " + o.expected + ": it was written anew"});
      met = true;
    }
    if (found->at("complete").get<bool>()) {
      if (!met)
        return fail({exit_refused, "cut-off",
                     "the trail ends before record " + std::to_string(expected.number) + ": its end was cut off"});
      return tell(*found, records, o);
    }
    from = {{"after", last}, {"hash", found->at("hash")}};
  }
}

}  // namespace

void add_audit(CLI::App& app, int& status) {
  const auto o = std::make_shared<audit_options>();
  auto* command = app.add_subcommand(
      "audit",
      "Read and verify the audit trail\n\n"
      "Every security-relevant event is a record of a chain of hashes, committed together with the change\n"
      "that it tells of. Persons are shown as digests unless auditpii is set; --user finds those of an id\n"
      "or an address. --verify checks the chain and prints its end; keep that elsewhere, and give it to a\n"
      "later --verify with --expect to prove that nothing was altered since.\n\n"
      "In a cluster each node has a trail of its own: every change, and what it saw alone, such as denials.\n"
      "Shown is that of the node that is asked (--node). With --all those of all nodes are one: a change stands\n"
      "there once, and each line begins with the nodes that have it in place of a number; * is every node.\n"
      "Each chain is verified for itself.\n\n"
      "  authnzctl audit --since 24h --event user.\n"
      "  authnzctl audit --user 17 --follow\n"
      "  authnzctl audit --all --since 1h --event access.\n"
      "  authnzctl audit --verify --expect 4711:9b2e...");
  o->node = add_node_options(*command);
  command->add_option("--since", o->since, "A time in UTC, or so long ago, e.g. 24h or 7d");
  command->add_option("--until", o->until, "The same; events before then");
  command->add_option("--user", o->user, "Id or e-mail address of who did it, or whom it was done to");
  command->add_option("--event", o->event, "Name of the event; all that begin so if it ends with a dot");
  command->add_option("--limit", o->limit, "The last so many; 0 = all")->capture_default_str();
  command->add_flag("--follow", o->follow, "Go on with what comes, until Ctrl-C");
  auto* all = command->add_flag("--all", o->all, "The trails of all nodes of the cluster, as one by time");
  command->add_flag("--verify", o->verify, "Check the chain in place of reading it")->excludes(all);
  command->add_option("--expect", o->expected, "NUMBER:HASH that an earlier --verify printed")->needs("--verify");
  command->add_flag("--json", o->as_json, "A JSON object a line");
  command->callback([o, &status] {
    status = with_node(*o->node, [&](node_link& link) {
      if (o->verify) return verify(link, *o);
      return o->all ? show_all_trails(link, *o) : show(link, *o);
    });
  });
}

}  // namespace authnz::ctl
