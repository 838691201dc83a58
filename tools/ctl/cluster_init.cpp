#include "tools/ctl/cluster_init.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>

#include "actors/audit.hpp"
#include "net/cluster/identity.hpp"
#include "net/cluster/leaving.hpp"
#include "net/cluster/names.hpp"
#include "storage/environment.hpp"
#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/etcd_options.hpp"
#include "tools/ctl/fsck_report.hpp"
#include "tools/ctl/password_input.hpp"

namespace authnz::ctl {

namespace {

constexpr const char* password_variable = "AUTHNZERVER_CLUSTERPASS";

/// What both commands are told.
struct cluster_words {
  std::string store;
  std::string basedir;
  std::shared_ptr<etcd_options> etcd;
  bool json = false;
};

struct leave_words : cluster_words {
  std::string node;
  bool keep_store = false;
  bool without_etcd = false;
  std::shared_ptr<bool> yes;
};

void add_words(CLI::App& command, cluster_words& w) {
  auto* store = command.add_option("--store", w.store, "Directory of the node's store, with data.mdb; it is stopped");
  command.add_option("--basedir", w.basedir, "Directory that has authnzerver.lmdb in it; the same")->excludes(store);
  w.etcd = add_etcd_options(command);
  command.get_option("--etcd")->required();
  command.add_flag("--json", w.json, "Answer with JSON");
}

tl::unexpected<link_error> usage(std::string text) {
  return tl::unexpected(link_error{exit_usage, "bad-argument", std::move(text)});
}

// At a terminal the password may be typed.
tl::expected<net::etcd::options, link_error> etcd_of(const etcd_options& w) {
  auto o = read_etcd_options(w);
  if (!o) return usage(o.error());
  if (w.user.empty() || !o->password.empty()) return std::move(*o);
  auto asked =
      ask_password("Password of etcd's user " + printable(w.user) + ": ", std::string("set ") + password_variable);
  if (!asked) return tl::unexpected(asked.error());
  o->password = std::move(*asked);
  return std::move(*o);
}

tl::expected<net::cluster::options, link_error> options_of(const cluster_words& w) {
  if (!net::cluster::is_prefix(w.etcd->prefix))
    return usage("--prefix must be 1 to 128 letters, digits, '-', '_', '.' and '/', without one at its ends");
  auto etcd = etcd_of(*w.etcd);
  if (!etcd) return tl::unexpected(etcd.error());
  net::cluster::options o;
  o.etcd = std::move(*etcd);
  o.prefix = w.etcd->prefix;
  return o;
}

tl::expected<std::unique_ptr<storage::environment>, link_error> open_store(const cluster_words& w) {
  const std::filesystem::path path = w.basedir.empty() ? w.store : w.basedir + "/authnzerver.lmdb";
  if (path.empty()) return usage("which store? Say --store, or --basedir");
  std::error_code ignored;
  // Opening would make a new one.
  if (!std::filesystem::exists(path / "data.mdb", ignored))
    return tl::unexpected(link_error{exit_no_node, "no-store",
                                     "there is no store in " + path.string() +
                                         "; --store names the directory that holds data.mdb, --basedir the one above "
                                         "it"});
  auto opened = storage::environment::open(path);
  if (!opened) return tl::unexpected(link_error{exit_no_node, "no-store", opened.error()});
  return std::move(*opened);
}

link_error refused(std::string why) { return {exit_refused, "refused", std::move(why)}; }

int init(const cluster_words& w) {
  const auto how = options_of(w);
  if (!how) return fail(how.error());
  const auto store = open_store(w);
  if (!store) return fail(store.error());
  tl::expected<std::string, std::string> id;
  {
    fsck_progress progress;
    id = net::cluster::found_cluster(**store, *how, [&](std::uint64_t n, std::uint64_t total) {
      const bool is_sent = n > total / 2;
      progress.show(is_sent ? "compared" : "sent", is_sent ? n - total / 2 : n);
    });
  }
  if (!id) return fail(refused(id.error()));
  if (w.json)
    print_json({{"cluster", *id}, {"prefix", w.etcd->prefix}});
  else
    std::cout << "founded: cluster " << *id << " under " << w.etcd->prefix
              << "; set the item cluster of this node and start it, then others with empty stores\n";
  return exit_done;
}

std::string event_of_gap() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  return actors::audit_line({.name = "cluster.gap"}, now, proto::pii_digest::clear());
}

tl::expected<void, link_error> leave_with_store(const leave_words& w, const net::cluster::options& how) {
  const auto store = open_store(w);
  if (!store) return tl::unexpected(store.error());
  fsck_progress progress;
  const auto left = net::cluster::leave_with_store(**store, how, event_of_gap(),
                                                   [&](std::uint64_t n) { progress.show("fetched", n); });
  if (!left) return tl::unexpected(refused(left.error()));
  return {};
}

tl::expected<void, link_error> leave_without_etcd(const leave_words& w) {
  const auto store = open_store(w);
  if (!store) return tl::unexpected(store.error());
  const auto left = net::cluster::leave_without_etcd(**store);
  if (!left) return tl::unexpected(refused(left.error()));
  return {};
}

tl::expected<void, link_error> forget(const net::cluster::options& how) {
  const auto forgotten = net::cluster::forget_node(how);
  if (!forgotten) return tl::unexpected(refused(forgotten.error()));
  return {};
}

tl::expected<void, link_error> leave_as_told(const leave_words& w) {
  if (w.without_etcd) return leave_without_etcd(w);
  if (w.etcd->endpoints.empty())
    return usage("--etcd is needed, unless etcd is lost: then --keep-store --without-etcd");
  auto how = options_of(w);
  if (!how) return tl::unexpected(how.error());
  how->node = w.node;
  return w.keep_store ? leave_with_store(w, *how) : forget(*how);
}

int leave(const leave_words& w) {
  if (!net::cluster::is_node_name(w.node))
    return fail({exit_usage, "bad-argument", "--node must be 1 to 64 letters, digits, '-', '_' and '.'"});
  const std::string question =
      w.keep_store ? "Make the store of node " + w.node + " a single node's, apart from the cluster from now on?"
                   : "Remove node " + w.node + " from the cluster?";
  if (const auto sure = confirm(question, *w.yes); !sure) return fail(sure.error());
  if (const auto left = leave_as_told(w); !left) return fail(left.error());
  if (w.json)
    print_json({{"node", w.node}, {"kept_store", w.keep_store}});
  else if (w.keep_store)
    std::cout << "left: node " << w.node << "; its store is a single node's and has all that "
              << (w.without_etcd ? "this node had of the cluster" : "the cluster had")
              << ": start it without the item cluster\n";
  else
    std::cout << "left: node " << w.node
              << "; remove its store, or keep it to join again: a node that is started with it is one of the cluster\n";
  return exit_done;
}

}  // namespace

void add_cluster_init(CLI::App& group, int& status) {
  const auto w = std::make_shared<cluster_words>();
  auto* init_command = group.add_subcommand(
      "init",
      "Make a cluster of a single node's store\n\n"
      "Uploads the store, whose node is stopped, to etcd under a prefix that has nothing yet, and\n"
      "compares the two in the end. When it is interrupted, the same command goes on.\n"
      "Afterwards the store follows the cluster. Audit trail and rate limits stay the node's.");
  add_words(*init_command, *w);
  init_command->footer(
      "Example: authnzctl cluster init --basedir /var/lib/authnzerver --etcd https://etcd1:2379,https://etcd2:2379 "
      "--etcd-ca-file etcd-ca.pem");
  init_command->callback([w, &status] { status = init(*w); });

  const auto l = std::make_shared<leave_words>();
  auto* leave_command = group.add_subcommand(
      "leave",
      "Take a node that is stopped out of its cluster\n\n"
      "Removes what etcd knows of the node. With --keep-store its store first gets all that the\n"
      "cluster has, and becomes a single node's: what either decides from then on the other does\n"
      "not know. Stop the cluster's other nodes first if there is to be one truth.\n"
      "When etcd is lost with all it had, --without-etcd takes the store as it is; authnzctl fsck\n"
      "tells whether it holds together.");
  add_words(*leave_command, *l);
  leave_command->add_option("--node", l->node, "The node's name, as its item clusternode has it")->required();
  auto* const keep = leave_command->add_flag("--keep-store", l->keep_store, "Make its store a single node's");
  leave_command->add_flag("--without-etcd", l->without_etcd, "Take the store as it is: etcd is lost")->needs(keep);
  leave_command->get_option("--etcd")->required(false);
  l->yes = add_yes(*leave_command);
  leave_command->footer(
      "Example: authnzctl cluster leave --keep-store --basedir /var/lib/authnzerver --node a --etcd "
      "https://etcd1:2379 --etcd-ca-file etcd-ca.pem");
  leave_command->callback([l, &status] { status = leave(*l); });
}

}  // namespace authnz::ctl
