#include "tools/ctl/fsck_command.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/fsck_cluster.hpp"
#include "tools/ctl/fsck_report.hpp"
#include "tools/ctl/fsck_store.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds longest_part{30};
constexpr std::size_t most_shown = 1000;

struct fsck_options {
  std::shared_ptr<asking> ask;
  std::shared_ptr<etcd_options> etcd;
  std::string store;
  std::string basedir;
  bool reindex = false;
  bool cluster = false;
};

/// Part by part, so that others who ask the node need not wait.
int check_node(node_link& link, bool as_json) {
  fsck_report all;
  {
    fsck_progress progress;
    json from = json::object();
    while (!from.is_null()) {
      const auto part = link.ask(proto::question::store_check, from, longest_part);
      if (!part) return fail(part.error());
      all.records += part->value("records", std::uint64_t{0});
      all.faults += part->value("faults", std::uint64_t{0});
      for (const auto& one : part->value("findings", json::array()))
        if (all.findings.size() < most_shown)
          all.findings.push_back(
              {{"slice", cell(one, "slice")}, {"key", cell(one, "key")}, {"what", cell(one, "what")}});
      from = part->value("next", json());
      progress.show("looked at", all.records);
    }
  }
  return tell(all, as_json);
}

int fsck(const fsck_options& o) {
  if (o.cluster) return fsck_cluster(*o.ask->node, *o.etcd, o.ask->json);
  const std::filesystem::path store = o.basedir.empty() ? o.store : o.basedir + "/authnzerver.lmdb";
  if (!store.empty()) return fsck_store({.store = store, .reindex = o.reindex, .json = o.ask->json});
  if (o.reindex)
    return fail({exit_usage, "bad-argument", "--reindex needs a store whose daemon is stopped: --store or --basedir"});
  return with_node(*o.ask->node, [&](node_link& link) { return check_node(link, o.ask->json); });
}

}  // namespace

void add_fsck(CLI::App& app, int& status) {
  const auto o = std::make_shared<fsck_options>();
  auto* command = app.add_subcommand(
      "fsck",
      "Check whether a store holds together\n\n"
      "Looks at every record: that it can be read, that indexes, addresses and system ids lead to where they\n"
      "should, that sessions and API keys belong to users, that the audit trail's chain holds. Nothing is\n"
      "changed. Asks a node that runs, or reads the store of one that is stopped (--store or --basedir).\n"
      "With --cluster, compares the records of all nodes instead, with those of etcd if --etcd names it.\n\n"
      "Keys are shown in hexadecimal; they are hashes and numbers. Indexes that are wrong are put right with\n"
      "--reindex; for all else restore a backup, or, in a cluster, give the node an empty store.\n\n"
      "Exit status: 0 nothing is wrong; 1 something is; 2 the command line is wrong; 3 it could not be\n"
      "looked at, or not all of it.");
  o->ask = add_asking(*command, "authnzctl fsck --basedir /var/lib/authnzerver");
  auto* store = command->add_option("--store", o->store, "Directory of a store, with data.mdb; its daemon is stopped");
  auto* basedir = command->add_option("--basedir", o->basedir, "Directory that has authnzerver.lmdb in it; the same");
  auto* reindex = command->add_flag("--reindex", o->reindex, "Build the indexes of that store anew first");
  auto* cluster = command->add_flag("--cluster", o->cluster, "Compare the records of all nodes of the node's cluster");
  store->excludes(basedir);
  cluster->excludes(store)->excludes(basedir)->excludes(reindex);
  o->etcd = add_etcd_options(*command);
  command->get_option("--etcd")->needs(cluster);
  command->callback([o, &status] { status = fsck(*o); });
}

}  // namespace authnz::ctl
