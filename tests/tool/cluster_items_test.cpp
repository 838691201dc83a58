#include <gtest/gtest.h>

#include "tests/tool/scratch.hpp"
#include "tools/daemon/config_text.hpp"
#include "tools/daemon/make_cluster.hpp"

namespace authnz::daemon {
namespace {

using net::cluster::consistency;

constexpr const char* local = "--cluster=etcd=http://127.0.0.1:2379";

class cluster_items_of : public testing::Test {
 protected:
  config loaded(std::vector<std::string> arguments, variable_map variables = {}) {
    auto c = load(around(dir, with_secrets(std::move(variables))), std::move(arguments));
    EXPECT_TRUE(c) << c.error().text;
    return c ? std::move(*c) : config();
  }
  std::string refused(std::vector<std::string> arguments, variable_map variables = {}) {
    return refusal(around(dir, with_secrets(std::move(variables))), std::move(arguments));
  }
  scratch dir;
};

TEST_F(cluster_items_of, a_single_node_are_none) {
  const auto c = loaded({"--clusternode=a", "--readbound=500"});
  EXPECT_FALSE(c.cluster);
  EXPECT_FALSE(make_cluster_options(c));
}

TEST_F(cluster_items_of, a_node_have_defaults) {
  const auto c = loaded({local});
  ASSERT_TRUE(c.cluster);
  const auto o = make_cluster_options(c);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->etcd.endpoints, std::vector<std::string>{"http://127.0.0.1:2379"});
  EXPECT_EQ(o->node, "host");
  EXPECT_EQ(o->prefix, "authnz");
  EXPECT_EQ(o->reads, consistency::bounded);
  EXPECT_EQ(o->bound, std::chrono::milliseconds(1000));
  EXPECT_EQ(o->lease, std::chrono::seconds(5));
  EXPECT_EQ(o->history, std::chrono::hours(1));
  EXPECT_EQ(o->address, "");
  EXPECT_TRUE(o->etcd.ca_file.empty() && o->etcd.certificate_file.empty() && o->etcd.user.empty());
}

TEST_F(cluster_items_of, a_node_are_all_handed_on) {
  const auto ca = dir.file("ca", "x");
  const auto pem = dir.file("pem", "x");
  const auto key = dir.file("key", "x");
  const auto c =
      loaded({"--cluster=etcd=https://a.example.org:2379,https://b.example.org:2379", "--clusternode=n-1.x_y",
              "--clusterprefix=sites/one", "--clustercafile=" + ca, "--clustercert=" + pem, "--clusterkey=" + key,
              "--clusteruser=authnz", "--readconsistency=strict", "--readbound=300", "--clusterlease=2",
              "--clusterhistory=0", "--adminport=4711", "--adminlisten=::1"},
             {{"AUTHNZERVER_CLUSTERPASS_FILE", dir.file("pass", "letmein\n")}});
  const auto o = make_cluster_options(c);
  ASSERT_TRUE(o);
  EXPECT_EQ(o->etcd.endpoints, (std::vector<std::string>{"https://a.example.org:2379", "https://b.example.org:2379"}));
  EXPECT_EQ(o->etcd.ca_file, ca);
  EXPECT_EQ(o->etcd.certificate_file, pem);
  EXPECT_EQ(o->etcd.key_file, key);
  EXPECT_EQ(o->etcd.user, "authnz");
  EXPECT_EQ(o->etcd.password.reveal(), "letmein");
  EXPECT_EQ(o->node, "n-1.x_y");
  EXPECT_EQ(o->prefix, "sites/one");
  EXPECT_EQ(o->address, "[::1]:4711");
  EXPECT_EQ(o->reads, consistency::strict);
  EXPECT_EQ(o->bound, std::chrono::milliseconds(300));
  EXPECT_EQ(o->lease, std::chrono::seconds(2));
  EXPECT_EQ(o->history, std::chrono::hours(0));
  EXPECT_FALSE(o->version.empty());
}

TEST_F(cluster_items_of, the_environment_go_before_the_command_line) {
  const auto c = loaded({local, "--readbound=500", "--clusternode=b"},
                        {{"AUTHNZERVER_READBOUND", "700"}, {"AUTHNZERVER_CLUSTERNODE", "a"}});
  EXPECT_EQ(c.cluster->bound, std::chrono::milliseconds(700));
  EXPECT_EQ(c.cluster->node, "a");
}

TEST_F(cluster_items_of, no_use_still_stand_in_the_envfile) {
  const auto text = envfile_text(loaded({"--clusternode=a"}), {});
  EXPECT_NE(text.find("AUTHNZERVER_CLUSTERNODE=a\n"), std::string::npos) << text;
}

TEST_F(cluster_items_of, a_node_show_the_name_that_it_takes_from_the_host) {
  EXPECT_NE(effective_config_text(loaded({local})).find("clusternode = host  # default\n"), std::string::npos);
}

TEST_F(cluster_items_of, a_node_hide_the_password) {
  const auto c = loaded({local, "--clusteruser=u"}, {{"AUTHNZERVER_CLUSTERPASS", "letmein"}});
  EXPECT_EQ(effective_config_text(c).find("letmein"), std::string::npos);
}

TEST_F(cluster_items_of, anything_but_etcd_are_refused_with_the_form) {
  for (const std::string value : {"consul=http://127.0.0.1:1", "http://127.0.0.1:2379", "etcd=", "etcd=127.0.0.1:2379",
                                  "etcd=ftp://127.0.0.1:2379", "etcd=http://127.0.0.1:2379,"}) {
    const auto error = refused({"--cluster=" + value});
    EXPECT_TRUE(error.starts_with("cluster (--cluster): must be of the form etcd=https://HOST:2379,https://HOST:2379"))
        << value << ": " << error;
  }
}

TEST_F(cluster_items_of, https_need_the_authorities) {
  EXPECT_EQ(refused({"--cluster=etcd=https://a.example.org:2379"}),
            "clustercafile: must be set too when cluster names https");
}

TEST_F(cluster_items_of, http_are_for_this_host_alone) {
  for (const std::string url :
       {"http://127.0.0.1:2379", "http://127.9.9.9:2379", "http://localhost:2379", "http://[::1]:2379"})
    EXPECT_EQ(refused({"--cluster=etcd=" + url}), "") << url;
  for (const std::string url :
       {"http://192.0.2.1:2379", "http://etcd.example.org:2379", "http://localhost.example.org:2379",
        "http://127.0.0.1.example.org:2379", "http://[2001:db8::1]:2379"})
    EXPECT_EQ(refused({"--cluster=etcd=http://127.0.0.1:2379," + url}),
              "cluster (--cluster): " + url + " is neither https nor an address of this host");
}

TEST_F(cluster_items_of, certificates_come_with_their_key) {
  const auto pem = dir.file("pem", "x");
  EXPECT_EQ(refused({"--clustercert=" + pem}), "clusterkey: must be set too when clustercert is");
  EXPECT_EQ(refused({"--clusterkey=" + pem}), "clustercert: must be set too when clusterkey is");
}

TEST_F(cluster_items_of, users_come_with_their_password) {
  EXPECT_EQ(refused({local, "--clusteruser=u"}), "clusterpass: must be set too when clusteruser is");
  EXPECT_EQ(refused({local}, {{"AUTHNZERVER_CLUSTERPASS", "p"}}), "clusteruser: must be set too when clusterpass is");
}

TEST_F(cluster_items_of, hosts_whose_name_cannot_be_used_need_one_of_their_own) {
  auto s = around(dir, with_secrets());
  s.host_name = [] {
    return std::string(
        "b\xc3\xbc"
        "cher.example.org");
  };
  EXPECT_TRUE(refusal(s, {local}).starts_with("clusternode: is not set, and the name of this host, "));
  EXPECT_EQ(refusal(s, {local, "--clusternode=books"}), "");
  EXPECT_EQ(refusal(s), "");
}

TEST_F(cluster_items_of, a_node_have_no_links_unless_they_are_asked_for) {
  const auto o = make_cluster_options(loaded({local, "--clusteraddress=a.example.org:7001"}));
  ASSERT_TRUE(o);
  EXPECT_EQ(o->link, "");
}

TEST_F(cluster_items_of, links_are_where_they_are_listened_for) {
  EXPECT_EQ(make_cluster_options(loaded({local, "--clusterport=7001"}))->link, "127.0.0.1:7001");
  EXPECT_EQ(make_cluster_options(loaded({local, "--clusterport=7001", "--clusterlisten=::1"}))->link, "[::1]:7001");
}

TEST_F(cluster_items_of, links_are_where_others_are_told_to_find_them) {
  const auto c = loaded({local, "--clusterport=7001", "--clusteraddress=[2001:db8::1]:17001"});
  EXPECT_EQ(make_cluster_options(c)->link, "[2001:db8::1]:17001");
  EXPECT_EQ(c.cluster->links.certificates, c.basedir / "cluster-certs");
}

struct bad_value {
  std::string argument, error;
  friend std::ostream& operator<<(std::ostream& out, const bad_value& v) { return out << v.argument; }
};
class cluster_items_refuse : public testing::TestWithParam<bad_value> {};

TEST_P(cluster_items_refuse, a_bad_value_by_item_and_reason) {
  const scratch dir;
  EXPECT_EQ(refusal(around(dir, with_secrets()), {local, GetParam().argument}), GetParam().error);
}

const std::string name_rule = "clusternode (--clusternode): must be 1 to 64 letters, digits, '-', '_' and '.'";
const std::string prefix_rule =
    "clusterprefix (--clusterprefix): must be 1 to 128 letters, digits, '-', '_', '.' and '/', without one at its ends";

INSTANTIATE_TEST_SUITE_P(
    values, cluster_items_refuse,
    testing::Values(
        bad_value{"--clusternode=a b", name_rule}, bad_value{"--clusternode=a/b", name_rule},
        bad_value{"--clusternode=" + std::string(65, 'a'), name_rule}, bad_value{"--clusterprefix=/a", prefix_rule},
        bad_value{"--clusterprefix=a/", prefix_rule}, bad_value{"--clusterprefix=a b", prefix_rule},
        bad_value{"--clustercafile=/no/such",
                  "clustercafile (--clustercafile): /no/such does not exist or cannot be looked at"},
        bad_value{"--readconsistency=eventual", "readconsistency (--readconsistency): must be one of bounded, strict"},
        bad_value{"--readbound=299", "readbound (--readbound): must be a whole number from 300 to 60000"},
        bad_value{"--clusterlease=1", "clusterlease (--clusterlease): must be a whole number from 2 to 300"},
        bad_value{"--clusterport=65536", "clusterport (--clusterport): must be a whole number from 0 to 65535"},
        bad_value{"--clusteraddress=a.example.org", "clusteraddress (--clusteraddress): must be of the form HOST:PORT"},
        bad_value{"--clusteraddress=::1:7001", "clusteraddress (--clusteraddress): must be of the form HOST:PORT"},
        bad_value{"--clusteraddress=a:0", "clusteraddress (--clusteraddress): must be of the form HOST:PORT"},
        bad_value{"--clusterhistory=-1", "clusterhistory (--clusterhistory): must be a whole number from 0 to 8760"}));

}  // namespace
}  // namespace authnz::daemon
