#include "tools/ctl/certs_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "net/certificate_folder.hpp"
#include "tools/ctl/node_link.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl {

namespace {

using net::certificate_role;
using nlohmann::ordered_json;
using std::chrono::days;
using std::chrono::sys_seconds;

constexpr std::int64_t longest_days = 3653;

struct certs_options {
  std::string dir;
  std::string node_name;
  std::string admin_name;
  std::vector<std::string> hosts;
  std::string out;
  std::vector<std::string> which;
  std::int64_t lifetime = net::usual_lifetime.count();
  bool new_key = false;
  bool json = false;
  bool cluster = false;
};
using options_ptr = std::shared_ptr<certs_options>;

sys_seconds now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

int complain(const std::string& what) { return fail({exit_refused, "failed", what}); }

std::string this_host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

std::string this_user() {
  const char* const name = std::getenv("USER");  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  return name != nullptr && *name != 0 ? name : "admin";
}

std::string date_of(sys_seconds t) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(t));
  std::array<char, 16> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::int64_t days_left(sys_seconds until) { return std::chrono::floor<days>(until - now()).count(); }

void tell_restart() {
  std::cout << "A running node reads its certificates again on SIGHUP; links that are open stay.\n";
}

/// Names and addresses of this host, and those that were given.
std::vector<std::string> hosts_of(const certs_options& o) {
  const auto host = this_host();
  std::vector<std::string> hosts{"localhost", "127.0.0.1", "::1"};
  if (net::is_host(host) && host != "localhost") hosts.push_back(host);
  hosts.insert(hosts.end(), o.hosts.begin(), o.hosts.end());
  return hosts;
}

void tell_files(const std::vector<net::made_file>& made) {
  for (const auto& one : made)
    std::cout << (one.made ? "made " : "kept ") << one.file.string() << (one.made ? "\n" : " (exists already)\n");
}

int init_cluster(const certs_options& o) {
  if (o.node_name.empty()) return fail({exit_usage, "no-name", "name the node, as its clusternode does, with --name"});
  const auto made = net::make_cluster_folder(o.dir, {o.node_name, hosts_of(o), days(o.lifetime)}, now());
  if (!made) return complain(made.error());
  tell_files(*made);
  std::cout << "Start the node with AUTHNZERVER_CLUSTERCERTS=" << o.dir
            << " and AUTHNZERVER_CLUSTERPORT=13434; the others' are made with: authnzctl certs issue peer NODE --dir "
            << o.dir << '\n';
  return exit_done;
}

int init(const certs_options& o) {
  if (o.cluster) return init_cluster(o);
  net::folder_wish wish;
  const auto host = this_host();
  wish.node_name = !o.node_name.empty() ? o.node_name : host.empty() ? "node" : host.substr(0, 64);
  wish.node_hosts = hosts_of(o);
  wish.admin_name = o.admin_name.empty() ? this_user() : o.admin_name;
  wish.lifetime = days(o.lifetime);
  const auto made = net::make_folder(o.dir, wish, now());
  if (!made) return complain(made.error());
  tell_files(*made);
  std::cout << "Start the node with AUTHNZERVER_ADMINCERTS=" << o.dir << " and AUTHNZERVER_ADMINPORT=13432.\n";
  return exit_done;
}

ordered_json json_of(const net::folder_item& item) {
  ordered_json out{{"id", item.id}, {"kind", net::word_of(item.role)}};
  if (item.facts) {
    out["name"] = item.facts->name;
    out["hosts"] = item.facts->hosts;
    out["serial"] = item.facts->serial;
    out["from"] = date_of(item.facts->from);
    out["until"] = date_of(item.facts->until);
    out["days_left"] = days_left(item.facts->until);
  }
  out["problems"] = item.problems;
  return out;
}

int list(const certs_options& o) {
  const auto found = net::survey(o.dir, now());
  if (!found) return complain(found.error());
  bool fine = true;
  ordered_json rows = ordered_json::array();
  table shown({{"ID"}, {"KIND"}, {"NAME"}, {"UNTIL"}, {"DAYS LEFT", align::right}, {"HOSTS"}});
  for (const auto& item : *found) {
    fine = fine && item.problems.empty();
    rows.push_back(json_of(item));
    std::string hosts;
    for (const auto& host : item.facts ? item.facts->hosts : std::vector<std::string>())
      hosts += (hosts.empty() ? "" : ", ") + host;
    shown.add({item.id, std::string(net::word_of(item.role)), item.facts ? item.facts->name : "",
               item.facts ? date_of(item.facts->until) : "",
               item.facts ? std::to_string(days_left(item.facts->until)) : "", hosts});
  }
  if (o.json) {
    std::cout << rows.dump(2, ' ', true) << '\n';
  } else {
    print(shown, "There are no certificates; make them with: authnzctl certs init --dir " + o.dir);
    for (const auto& item : *found)
      for (const auto& problem : item.problems) std::cerr << item.id << ": " << problem << '\n';
  }
  return fine ? exit_done : exit_refused;
}

int issue(const certs_options& o, certificate_role role, const std::string& name) {
  net::issue_wish wish{role, name, o.hosts, o.out, days(o.lifetime)};
  if (o.out.empty()) {
    if (name.find('/') != std::string::npos || name.starts_with('.'))
      return fail({exit_usage, "bad-name", "name the directory to make with --out"});
    wish.out = std::filesystem::path(o.dir) / (std::string(net::word_of(role)) + "-" + name);
  }
  if (role == certificate_role::node && wish.hosts.empty())
    return fail({exit_usage, "no-host", "name the hosts that the node is reached at with --host"});
  if (const auto done = net::issue(o.dir, wish, now()); !done) return complain(done.error());
  std::cout << "made " << wish.out.string() << " with ca.pem, " << net::word_of(role) << ".pem and "
            << net::word_of(role) << "-key.pem; bring it to where it is used, unseen by others\n";
  return exit_done;
}

int renew(const certs_options& o) {
  auto which = o.which;
  if (which.empty()) {
    const auto found = net::survey(o.dir, now());
    if (!found) return complain(found.error());
    // An authority outlives many; it is renewed when it is named.
    for (const auto& item : *found)
      if (item.role != certificate_role::authority) which.push_back(item.id);
  }
  if (which.empty()) return complain("there are no certificates; make them with: authnzctl certs init --dir " + o.dir);
  for (const auto& id : which) {
    const auto done = net::renew(o.dir, id, {o.new_key, days(o.lifetime)}, now());
    if (!done) return complain(done.error());
    std::cout << "renewed " << id << " (" << done->name << ") until " << date_of(done->until) << '\n';
  }
  tell_restart();
  return exit_done;
}

void add_common(CLI::App& command, const options_ptr& o) {
  command.add_option("--dir", o->dir, "The certificates' directory")->envname("AUTHNZ_CERTS")->required();
}

void add_lifetime(CLI::App& command, const options_ptr& o) {
  command.add_option("--days", o->lifetime, "Days that they are good for; an authority is good for ten years")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, longest_days));
}

void add_issue(CLI::App& certs, const options_ptr& o, int& status) {
  auto* app = certs.add_subcommand("issue", "Make a certificate for another node or administrator, in a new directory");
  auto role = std::make_shared<certificate_role>(certificate_role::admin);
  auto name = std::make_shared<std::string>();
  const std::map<std::string, certificate_role> roles{
      {"node", certificate_role::node}, {"admin", certificate_role::admin}, {"peer", certificate_role::peer}};
  app->add_option("kind", *role, "node, admin, or peer: of a node to the other nodes of its cluster")
      ->required()
      ->transform(CLI::CheckedTransformer(roles).description("{node,admin,peer}"));
  app->add_option("name", *name, "The node's name (a peer's is its clusternode), or the administrator's")->required();
  app->add_option("--host", o->hosts, "Name or address that a node is reached at; more than one is fine");
  app->add_option("--out", o->out, "Directory to make; by default KIND-NAME in --dir");
  add_common(*app, o);
  add_lifetime(*app, o);
  app->callback([o, role, name, &status] { status = issue(*o, *role, *name); });
}

}  // namespace

void add_certs(CLI::App& app, int& status) {
  const auto o = std::make_shared<certs_options>();
  auto* certs =
      app.add_subcommand("certs", "Make, list and renew the certificates of the links to a node and between nodes");
  certs->require_subcommand(1);
  auto* making = certs->add_subcommand("init", "Make an authority, a node's and an administrator's certificate");
  making->add_flag("--cluster", o->cluster, "For the links between the nodes of a cluster: an authority, and a peer's");
  making->add_option("--node-name,--name", o->node_name, "The node's name; by default the host's");
  making->add_option("--admin-name", o->admin_name, "The administrator's name; by default the user's");
  making->add_option("--host", o->hosts, "Further name or address that the node is reached at");
  add_common(*making, o);
  add_lifetime(*making, o);
  making->callback([o, &status] { status = init(*o); });
  auto* listing = certs->add_subcommand("list", "Show what there is, until when it is good, and what is wrong with it");
  listing->add_flag("--json", o->json, "As JSON");
  add_common(*listing, o);
  listing->callback([o, &status] { status = list(*o); });
  add_issue(*certs, o, status);
  auto* renewing = certs->add_subcommand("renew", "Make certificates good again, for the same names");
  renewing->add_option("id", o->which, "What to renew, as `list` names it; by default all but the authority");
  renewing->add_flag("--new-key", o->new_key, "With a new key; by default the key stays");
  add_common(*renewing, o);
  add_lifetime(*renewing, o);
  renewing->callback([o, &status] { status = renew(*o); });
}

}  // namespace authnz::ctl
