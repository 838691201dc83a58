#include <gtest/gtest.h>

#include <algorithm>

#include "net/certificate_folder.hpp"
#include "tests/tool/scratch.hpp"

namespace authnz::net {
namespace {

using daemon::content_of;
using daemon::mode_of;
using daemon::scratch;
using std::chrono::days;
using std::filesystem::path;

const std::chrono::sys_seconds start{std::chrono::seconds{1800000000}};

class certificates : public testing::Test {
 protected:
  certificates() {
    const auto made = make_folder(folder, wish, start);
    EXPECT_TRUE(made) << made.error();
  }
  std::string error(certificate_role role, std::chrono::sys_seconds now = start) const {
    const auto read = read_identity(folder, role, now);
    return read ? std::string() : read.error();
  }
  std::string file(const std::string& name) const { return (folder / name).string(); }
  std::vector<std::string> problems(const std::string& id, std::chrono::sys_seconds now = start) const {
    const auto found = survey(folder, now);
    if (!found) return {found.error()};
    const auto item = std::find_if(found->begin(), found->end(), [&](const auto& i) { return i.id == id; });
    return item == found->end() ? std::vector<std::string>{"absent"} : item->problems;
  }

  scratch dir;
  path folder = dir.path() / "certs";
  folder_wish wish{"node-1", {"localhost", "127.0.0.1", "::1", "db.example.org"}, "ada"};
};

TEST_F(certificates, are_made_with_their_modes) {
  EXPECT_EQ(mode_of(folder), 0700);
  for (const auto* name : {"ca-key.pem", "node-key.pem", "admin-key.pem"}) EXPECT_EQ(mode_of(folder / name), 0600);
  for (const auto* name : {"ca.pem", "node.pem", "admin.pem"}) EXPECT_EQ(mode_of(folder / name), 0644);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 6);
}

TEST_F(certificates, are_good_for_what_they_were_made_for) {
  const auto node = read_identity(folder, certificate_role::node, start);
  ASSERT_TRUE(node) << node.error();
  EXPECT_EQ(node->facts.name, "node-1");
  EXPECT_EQ(node->facts.hosts, wish.node_hosts);
  EXPECT_EQ(node->facts.until, start + usual_lifetime);
  const auto admin = read_identity(folder, certificate_role::admin, start);
  ASSERT_TRUE(admin) << admin.error();
  EXPECT_EQ(admin->facts.name, "ada");
  EXPECT_EQ(facts_of(parse_certificate(admin->authority)).until, start + authority_lifetime);
}

TEST_F(certificates, have_serial_numbers_of_their_own) {
  const auto found = survey(folder, start);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 3U);
  EXPECT_NE((*found)[0].facts->serial, (*found)[1].facts->serial);
  EXPECT_NE((*found)[1].facts->serial, (*found)[2].facts->serial);
}

TEST_F(certificates, are_kept_when_they_are_there) {
  const auto before = content_of(folder / "node.pem");
  const auto again = make_folder(folder, wish, start + days(1));
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE(std::none_of(again->begin(), again->end(), [](const made_file& f) { return f.made; }));
  EXPECT_EQ(content_of(folder / "node.pem"), before);
}

TEST_F(certificates, are_made_for_a_key_that_has_none) {
  const auto key = content_of(folder / "node-key.pem");
  std::filesystem::remove(folder / "node.pem");
  ASSERT_TRUE(make_folder(folder, wish, start));
  EXPECT_EQ(content_of(folder / "node-key.pem"), key);
  EXPECT_EQ(error(certificate_role::node), "");
}

TEST_F(certificates, are_not_made_beside_an_authority_without_its_key) {
  std::filesystem::remove(folder / "ca-key.pem");
  EXPECT_EQ(error(certificate_role::node), "");
  std::filesystem::remove(folder / "node.pem");
  const auto made = make_folder(folder, wish, start);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().find("the authority's key must be there"), std::string::npos) << made.error();
}

TEST_F(certificates, are_refused_when_something_is_missing) {
  std::filesystem::remove(folder / "admin.pem");
  EXPECT_NE(error(certificate_role::admin).find("admin.pem cannot be read"), std::string::npos);
  std::filesystem::remove(folder / "admin-key.pem");
  EXPECT_NE(error(certificate_role::admin).find("make the certificates with: authnzctl certs init --dir "),
            std::string::npos);
}

TEST_F(certificates, are_refused_while_others_can_read_the_key) {
  ::chmod(file("node-key.pem").c_str(), 0604);
  EXPECT_EQ(
      error(certificate_role::node),
      file("node-key.pem") + " can be read or changed by others; mend it with: chmod 600 " + file("node-key.pem"));
}

TEST_F(certificates, are_refused_with_another_key) {
  std::filesystem::copy_file(folder / "admin-key.pem", folder / "node-key.pem",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(error(certificate_role::node).find("does not belong to it"), std::string::npos);
}

TEST_F(certificates, are_refused_before_and_after_their_time) {
  EXPECT_NE(error(certificate_role::node, start + usual_lifetime).find("has expired"), std::string::npos);
  EXPECT_NE(error(certificate_role::node, start - days(1)).find("not valid yet"), std::string::npos);
}

TEST_F(certificates, are_refused_for_another_role) {
  for (const auto* end : {".pem", "-key.pem"})
    std::filesystem::copy_file(file(std::string("admin") + end), file(std::string("node") + end),
                               std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(error(certificate_role::node).find("is a certificate for the role admin"), std::string::npos);
}

TEST_F(certificates, are_refused_under_another_authority) {
  const scratch elsewhere;
  ASSERT_TRUE(make_folder(elsewhere.path() / "certs", wish, start));
  std::filesystem::copy_file(elsewhere.path() / "certs/ca.pem", folder / "ca.pem",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(error(certificate_role::node).find("was not made by the authority"), std::string::npos);
}

TEST_F(certificates, are_refused_when_they_are_none) {
  std::ofstream(folder / "node.pem") << "-----BEGIN CERTIFICATE-----\nbroken\n";
  EXPECT_EQ(error(certificate_role::node), file("node.pem") + " holds no certificate");
}

TEST_F(certificates, are_renewed_with_the_same_key_names_and_hosts) {
  const auto key = content_of(folder / "node-key.pem");
  const auto later = start + days(390);
  const auto renewed = renew(folder, "node", {}, later);
  ASSERT_TRUE(renewed) << renewed.error();
  EXPECT_EQ(content_of(folder / "node-key.pem"), key);
  EXPECT_EQ(renewed->name, "node-1");
  EXPECT_EQ(renewed->hosts, wish.node_hosts);
  EXPECT_EQ(renewed->until, later + usual_lifetime);
  EXPECT_EQ(error(certificate_role::node, later + days(100)), "");
}

TEST_F(certificates, are_renewed_with_another_key_when_that_is_wished) {
  const auto key = content_of(folder / "admin-key.pem");
  ASSERT_TRUE(renew(folder, "admin", {.new_key = true}, start));
  EXPECT_NE(content_of(folder / "admin-key.pem"), key);
  EXPECT_EQ(mode_of(folder / "admin-key.pem"), 0600);
  EXPECT_EQ(error(certificate_role::admin), "");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 6);
}

TEST_F(certificates, stay_good_when_their_authority_is_renewed) {
  const auto later = start + days(300);
  ASSERT_TRUE(renew(folder, "ca", {}, later));
  EXPECT_EQ(error(certificate_role::node, later), "");
  EXPECT_FALSE(renew(folder, "ca", {.new_key = true}, later));
}

TEST_F(certificates, are_mended_after_a_renewal_that_was_cut_short) {
  // As it is between the two renames: the new key is there, the certificate waits.
  const auto old = content_of(folder / "node.pem");
  ASSERT_TRUE(renew(folder, "node", {.new_key = true}, start));
  std::filesystem::rename(folder / "node.pem", folder / ".node.pem.new");
  std::ofstream(folder / "node.pem") << old;
  EXPECT_NE(error(certificate_role::node).find("authnzctl certs renew"), std::string::npos);
  ASSERT_TRUE(renew(folder, "node", {}, start));
  EXPECT_EQ(error(certificate_role::node), "");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 6);
}

TEST_F(certificates, forget_a_renewal_that_never_took_place) {
  std::ofstream(folder / ".node.pem.new") << content_of(folder / "admin.pem");
  std::ofstream(folder / ".node-key.pem.new") << "half a key";
  ASSERT_TRUE(renew(folder, "node", {}, start));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 6);
}

TEST_F(certificates, are_issued_into_a_directory_that_can_be_used_as_it_is) {
  ASSERT_TRUE(issue(folder, {certificate_role::admin, "grace", {}, folder / "admin-grace"}, start));
  const auto identity = read_identity(folder / "admin-grace", certificate_role::admin, start);
  ASSERT_TRUE(identity) << identity.error();
  EXPECT_EQ(identity->facts.name, "grace");
  EXPECT_EQ(mode_of(folder / "admin-grace"), 0700);
  EXPECT_EQ(mode_of(folder / "admin-grace/admin-key.pem"), 0600);
  EXPECT_FALSE(std::filesystem::exists(folder / "admin-grace/ca-key.pem"));
  EXPECT_TRUE(problems("admin-grace/admin").empty());
}

TEST_F(certificates, are_not_issued_over_others) {
  const issue_wish again{certificate_role::admin, "grace", {}, folder / "admin-grace"};
  ASSERT_TRUE(issue(folder, again, start));
  const auto key = content_of(folder / "admin-grace/admin-key.pem");
  const auto second = issue(folder, again, start);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("exists already"), std::string::npos);
  EXPECT_EQ(content_of(folder / "admin-grace/admin-key.pem"), key);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 7);
}

TEST_F(certificates, that_were_issued_are_renewed_in_their_place) {
  ASSERT_TRUE(issue(folder, {certificate_role::node, "node-2", {"b.example.org"}, folder / "node-node-2"}, start));
  const auto later = start + days(396);
  ASSERT_TRUE(renew(folder, "ca", {}, later));
  ASSERT_TRUE(renew(folder, "node-node-2/node", {}, later));
  const auto identity = read_identity(folder / "node-node-2", certificate_role::node, later + days(1));
  ASSERT_TRUE(identity) << identity.error();
  EXPECT_EQ(content_of(folder / "node-node-2/ca.pem"), content_of(folder / "ca.pem"));
}

TEST_F(certificates, are_refused_names_that_are_none) {
  const auto wrong = [&](const std::string& name, std::vector<std::string> hosts) {
    return issue(folder, {certificate_role::node, name, std::move(hosts), folder / "wrong"}, start).has_value();
  };
  EXPECT_FALSE(wrong("", {"localhost"}));
  EXPECT_FALSE(wrong(std::string(65, 'x'), {"localhost"}));
  EXPECT_FALSE(wrong("line\nbreak", {"localhost"}));
  EXPECT_FALSE(wrong("node", {"a,DNS:evil.example.org"}));
  EXPECT_FALSE(renew(folder, "../certs/node", {}, start));
  EXPECT_FALSE(renew(folder, "other", {}, start));
}

class cluster_certificates : public testing::Test {
 protected:
  cluster_certificates() {
    const auto made = make_cluster_folder(folder, {"node-1", {"127.0.0.1"}}, start);
    EXPECT_TRUE(made) << made.error();
  }
  static std::string error(const path& where, std::chrono::sys_seconds now = start) {
    const auto read = read_identity(where, certificate_role::peer, now);
    return read ? std::string() : read.error();
  }

  scratch dir;
  path folder = dir.path() / "cluster-certs";
};

TEST_F(cluster_certificates, are_a_peers_and_of_an_authority_of_their_own) {
  const auto peer = read_identity(folder, certificate_role::peer, start);
  ASSERT_TRUE(peer) << peer.error();
  EXPECT_EQ(peer->facts.name, "node-1");
  EXPECT_EQ(peer->facts.role, certificate_role::peer);
  EXPECT_EQ(peer->facts.hosts, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(facts_of(parse_certificate(peer->authority)).name, cluster_authority_name);
  EXPECT_EQ(mode_of(folder / "peer-key.pem"), 0600);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 4);
}

TEST_F(cluster_certificates, are_issued_for_other_nodes) {
  ASSERT_TRUE(issue(folder, {certificate_role::peer, "node-2", {}, folder / "peer-node-2"}, start));
  EXPECT_EQ(error(folder / "peer-node-2"), "");
  EXPECT_FALSE(std::filesystem::exists(folder / "peer-node-2/ca-key.pem"));
}

TEST_F(cluster_certificates, are_renewed_and_stay_peers) {
  const auto later = start + days(396);
  ASSERT_TRUE(renew(folder, "peer", {.new_key = true}, later));
  EXPECT_EQ(error(folder, later + days(100)), "");
}

TEST_F(cluster_certificates, have_an_authority_that_makes_no_administrators) {
  for (const auto role : {certificate_role::admin, certificate_role::node}) {
    const auto made = issue(folder, {role, "ada", {"localhost"}, folder / "other"}, start);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find("is a cluster's authority"), std::string::npos) << made.error();
  }
}

TEST_F(cluster_certificates, are_not_made_by_the_admin_links_authority) {
  ASSERT_TRUE(make_folder(dir.path() / "certs", {"node-1", {"localhost"}, "ada"}, start));
  const auto made = issue(dir.path() / "certs", {certificate_role::peer, "node-2", {}, dir.path() / "peer"}, start);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().find("is no cluster's authority"), std::string::npos) << made.error();
  EXPECT_FALSE(make_cluster_folder(dir.path() / "certs", {"node-2", {}}, start));
}

TEST_F(cluster_certificates, are_not_a_nodes_under_another_file_name) {
  ASSERT_TRUE(make_folder(dir.path() / "certs", {"node-1", {"localhost"}, "ada"}, start));
  std::filesystem::rename(dir.path() / "certs/node.pem", dir.path() / "certs/peer.pem");
  std::filesystem::rename(dir.path() / "certs/node-key.pem", dir.path() / "certs/peer-key.pem");
  EXPECT_NE(error(dir.path() / "certs").find("is a certificate for the role node, not peer"), std::string::npos);
}

TEST_F(cluster_certificates, that_are_missing_say_how_to_make_them) {
  EXPECT_NE(error(dir.path() / "none").find("authnzctl certs init --cluster --name NODE --dir "), std::string::npos);
}

}  // namespace
}  // namespace authnz::net
