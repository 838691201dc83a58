#include "tools/daemon/autosetup.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "actors/rules/permissions.hpp"
#include "net/certificate_folder.hpp"
#include "proto/keyring.hpp"
#include "tests/tool/scratch.hpp"
#include "tools/daemon/envfile.hpp"

namespace authnz::daemon {
namespace {

using std::filesystem::path;

/// What the setup asked of the server's parts.
struct seeding {
  path store;
  std::string email;
  std::optional<std::string> password;
  int times = 0;
};

class autosetup_run : public testing::Test {
 protected:
  autosetup_actions actions() {
    autosetup_actions a;
    a.validate_admin_password = [](std::string_view password, std::string_view) {
      return password.size() < 12 ? std::vector<std::string>{"The password is too short."} : std::vector<std::string>{};
    };
    a.seed_store = [this](const path& store, const std::string& email, const std::optional<proto::secret>& password,
                          const keep_credentials& keep) -> tl::expected<bool, std::string> {
      ++seeded.times;
      if (!std::filesystem::create_directory(store)) return false;
      const auto kept = keep(email, password ? std::nullopt : std::optional(proto::secret("random-for-you")));
      if (!kept) return tl::unexpected(kept.error());
      std::ofstream(store / "data.mdb") << "x";
      seeded = {store, email, password ? std::optional(std::string(password->reveal())) : std::nullopt, seeded.times};
      return true;
    };
    return a;
  }

  /// Runs with these lines on standard input; returns the error, empty if there is none.
  std::string run(const std::string& input = {}, variable_map variables = {},
                  prompt::manner how = prompt::manner::lines) {
    const auto c = load(around(dir, std::move(variables)), {"--basedir=" + base.string()}, purpose::setting_up);
    if (!c) return c.error().text;
    std::istringstream in(input);
    std::ostringstream out;
    prompt ask(in, out, how);
    const auto done =
        autosetup(*c, actions(),
                  {ask, out, "authnzerver", "/home/ada", std::chrono::sys_seconds{std::chrono::seconds{1234567890}}});
    said = out.str();
    return done ? std::string() : done.error();
  }

  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(base))
      all[entry.path().filename()] = entry.is_regular_file() ? content_of(entry.path()) : "";
    return all;
  }

  scratch dir;
  path base = dir.path();
  seeding seeded;
  std::string said;
};

class autosetup_umask : public autosetup_run, public testing::WithParamInterface<int> {
 protected:
  autosetup_umask() : before_(::umask(static_cast<mode_t>(GetParam()))) {}
  ~autosetup_umask() override { ::umask(before_); }

 private:
  mode_t before_;
};

TEST_P(autosetup_umask, does_not_change_the_modes_of_files) {
  ASSERT_EQ(run(), "");
  EXPECT_EQ(mode_of(base / ".authnzerver-secret-key"), 0400);
  EXPECT_EQ(mode_of(base / ".authnzerver-salt"), 0400);
  EXPECT_EQ(mode_of(base / ".authnzerver-admin-credentials"), 0400);
  EXPECT_EQ(mode_of(base / "default-permissions-model.json"), 0644);
  EXPECT_EQ(mode_of(base / ".env"), 0600);
  EXPECT_EQ(mode_of(base / "certs"), 0700);
  EXPECT_EQ(mode_of(base / "certs/ca-key.pem"), 0600);
  EXPECT_EQ(mode_of(base / "certs/node-key.pem"), 0600);
  EXPECT_EQ(mode_of(base / "certs/node.pem"), 0644);
}

INSTANTIATE_TEST_SUITE_P(umask, autosetup_umask, testing::Values(0, 022, 077, 0777));

TEST_F(autosetup_run, takes_defaults_at_the_end_of_input) {
  ASSERT_EQ(run(), "");
  EXPECT_EQ(seeded.store, base / "authnzerver.lmdb");
  EXPECT_EQ(seeded.email, "ada@localhost");
  EXPECT_FALSE(seeded.password);
  EXPECT_EQ(content_of(base / ".authnzerver-admin-credentials"), "ada@localhost random-for-you\n");
  EXPECT_EQ(content_of(base / "default-permissions-model.json"), actors::rules::default_permissions_text());
}

TEST_F(autosetup_run, takes_one_line_an_answer) {
  const auto text = nlohmann::json::parse(actors::rules::default_permissions_text()).dump();
  const auto policy = dir.file("mine.json", text);
  const auto store = dir / "other.lmdb";
  ASSERT_EQ(run("lmdb://" + store + "\n" + policy + "\nboss@example.org\ncorrect horse 7\n"), "");
  EXPECT_EQ(seeded.store, store);
  EXPECT_EQ(seeded.email, "boss@example.org");
  EXPECT_EQ(seeded.password, "correct horse 7");
  EXPECT_EQ(content_of(base / "default-permissions-model.json"), text);
  EXPECT_EQ(content_of(base / ".authnzerver-admin-credentials"), "boss@example.org set-by-operator\n");
  EXPECT_EQ(parse_envfile(content_of(base / ".env"))->at("AUTHNZERVER_AUTHDB"), "lmdb://" + store);
}

TEST_F(autosetup_run, asks_nothing_when_it_is_silent) {
  ASSERT_EQ(run("lmdb:///nowhere\n", {}, prompt::manner::silent), "");
  EXPECT_EQ(seeded.store, base / "authnzerver.lmdb");
}

TEST_F(autosetup_run, takes_the_administrator_from_the_environment) {
  ASSERT_EQ(
      run("", {{"AUTHNZERVER_ADMIN_EMAIL", "boss@example.org"}, {"AUTHNZERVER_ADMIN_PASSWORD", "correct horse 7"}}),
      "");
  EXPECT_EQ(seeded.email, "boss@example.org");
  EXPECT_EQ(seeded.password, "correct horse 7");
  EXPECT_EQ(said.find("correct horse"), std::string::npos);
}

TEST_F(autosetup_run, makes_a_key_a_salt_and_an_envfile_that_a_start_accepts) {
  ASSERT_EQ(run(), "");
  const auto key = content_of(base / ".authnzerver-secret-key");
  EXPECT_EQ(key.size(), 44U);
  EXPECT_TRUE(proto::keyring::parse(key));
  EXPECT_EQ(content_of(base / ".authnzerver-salt").size(), 44U);
  EXPECT_NE(content_of(base / ".authnzerver-salt"), key);
  const auto c = load(around(dir), {"--envfile=" + (base / ".env").string()});
  ASSERT_TRUE(c) << c.error().text;
  EXPECT_EQ(c->key_file, base / ".authnzerver-secret-key");
  EXPECT_TRUE(c->pii_salt);
  EXPECT_EQ(c->permissions, base / "default-permissions-model.json");
  EXPECT_EQ(c->basedir, base);
  EXPECT_TRUE(c->warnings.empty());
}

TEST_F(autosetup_run, makes_certificates_and_turns_the_admin_link_on_unless_it_is_configured) {
  ASSERT_EQ(run(), "");
  EXPECT_EQ(parse_envfile(content_of(base / ".env"))->at("AUTHNZERVER_ADMINPORT"), "13432");
  for (const auto role : {net::certificate_role::node, net::certificate_role::admin}) {
    const auto identity =
        net::read_identity(base / "certs", role, std::chrono::sys_seconds{std::chrono::seconds{1234567890}});
    EXPECT_TRUE(identity) << identity.error();
  }
  std::filesystem::remove(base / ".env");
  ASSERT_EQ(run("", {{"AUTHNZERVER_ADMINPORT", "0"}}), "");
  EXPECT_EQ(parse_envfile(content_of(base / ".env"))->at("AUTHNZERVER_ADMINPORT"), "0");
}

TEST_F(autosetup_run, makes_certificates_for_a_setup_that_has_none) {
  ASSERT_EQ(run(), "");
  std::filesystem::remove_all(base / "certs");
  ASSERT_EQ(run(), "");
  EXPECT_TRUE(std::filesystem::exists(base / "certs/node.pem"));
}

/// Certificates as `authnzctl certs issue node` makes them.
class autosetup_with_issued_certificates : public autosetup_run {
 protected:
  void SetUp() override {
    const auto authority = elsewhere.path() / "authority";
    const auto now = std::chrono::sys_seconds{std::chrono::seconds{1234567890}};
    ASSERT_TRUE(net::make_folder(authority, {"a", {"localhost"}, "ada"}, now));
    ASSERT_TRUE(net::issue(authority, {net::certificate_role::node, "b", {"localhost"}, base / "certs"}, now));
  }

  scratch elsewhere;
};

TEST_F(autosetup_with_issued_certificates, keeps_them) {
  const auto before = contents();
  ASSERT_EQ(run(), "");
  const auto after = contents();
  for (const auto* name : {"ca.pem", "node.pem", "node-key.pem"}) EXPECT_EQ(after.at(name), before.at(name)) << name;
  EXPECT_FALSE(std::filesystem::exists(base / "certs/ca-key.pem"));
  EXPECT_FALSE(std::filesystem::exists(base / "certs/admin.pem"));
  said.clear();
  ASSERT_EQ(run(), "");
  EXPECT_NE(said.find("Everything is there already"), std::string::npos) << said;
}

TEST_F(autosetup_with_issued_certificates, refuses_before_it_makes_anything_when_one_is_missing) {
  for (const std::string name : {"ca.pem", "node.pem", "node-key.pem"}) {
    const auto file = base / "certs" / name;
    std::filesystem::rename(file, elsewhere / "aside");
    const auto why = run();
    EXPECT_NE(why.find("certs/" + name), std::string::npos) << why;
    EXPECT_FALSE(std::filesystem::exists(base / ".env"));
    EXPECT_FALSE(std::filesystem::exists(file));
    std::filesystem::rename(elsewhere / "aside", file);
  }
}

TEST_F(autosetup_with_issued_certificates, refuses_a_pair_that_does_not_belong_together) {
  const auto other = elsewhere.path() / "other";
  ASSERT_TRUE(
      net::make_folder(other, {"c", {"localhost"}, "ada"}, std::chrono::sys_seconds{std::chrono::seconds{1234567890}}));
  std::filesystem::copy_file(other / "ca.pem", base / "certs/ca.pem",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(run().find("node.pem"), std::string::npos);
}

TEST_F(autosetup_run, turns_the_metrics_on_unless_they_are_configured) {
  ASSERT_EQ(run(), "");
  EXPECT_EQ(parse_envfile(content_of(base / ".env"))->at("AUTHNZERVER_METRICSPORT"), "13433");
  std::filesystem::remove(base / ".env");
  ASSERT_EQ(run("", {{"AUTHNZERVER_METRICSPORT", "0"}}), "");
  EXPECT_EQ(parse_envfile(content_of(base / ".env"))->at("AUTHNZERVER_METRICSPORT"), "0");
}

TEST_F(autosetup_run, prints_the_start_command_and_no_secret) {
  ASSERT_EQ(run(), "");
  EXPECT_NE(said.find("\n  authnzerver --envfile=" + (base / ".env").string() + "\n"), std::string::npos) << said;
  EXPECT_EQ(said.find(content_of(base / ".authnzerver-secret-key")), std::string::npos);
  EXPECT_EQ(said.find("random-for-you"), std::string::npos);
}

TEST_F(autosetup_run, changes_nothing_when_repeated_and_says_so) {
  ASSERT_EQ(run(), "");
  const auto before = contents();
  ASSERT_EQ(run(), "");
  EXPECT_EQ(contents(), before);
  EXPECT_EQ(seeded.times, 1);
  EXPECT_NE(said.find("nothing was changed"), std::string::npos) << said;
}

TEST_F(autosetup_run, finds_the_store_of_an_earlier_answer_again) {
  ASSERT_EQ(run("lmdb://" + (dir / "other.lmdb") + "\n"), "");
  const auto before = contents();
  ASSERT_EQ(run(), "");
  EXPECT_EQ(contents(), before);
}

TEST_F(autosetup_run, makes_only_what_is_missing) {
  ASSERT_EQ(run(), "");
  const auto before = contents();
  std::filesystem::remove(base / ".env");
  ASSERT_EQ(run(), "");
  EXPECT_EQ(contents(), before);
  EXPECT_NE(said.find("kept " + (base / ".authnzerver-salt").string()), std::string::npos) << said;
}

TEST_F(autosetup_run, seeds_no_store_for_a_node_of_a_cluster) {
  const variable_map cluster{{"AUTHNZERVER_CLUSTER", "etcd=http://127.0.0.1:2379"}};
  ASSERT_EQ(run("", cluster, prompt::manner::silent), "");
  EXPECT_EQ(seeded.times, 0);
  EXPECT_FALSE(exists(base / "authnzerver.lmdb"));
  EXPECT_NE(contents()[".env"].find("AUTHNZERVER_CLUSTERNODE=host\n"), std::string::npos) << contents()[".env"];
  ASSERT_EQ(run("", cluster, prompt::manner::silent), "");
  EXPECT_NE(said.find("nothing was changed"), std::string::npos) << said;
}

TEST_F(autosetup_run, does_not_write_through_a_link) {
  std::filesystem::create_symlink(dir / "elsewhere", base / ".authnzerver-secret-key");
  ASSERT_EQ(run(), "");
  EXPECT_FALSE(std::filesystem::exists(dir / "elsewhere"));
}

TEST_F(autosetup_run, makes_basedir_when_its_last_part_is_missing) {
  base = dir / "data";
  ASSERT_EQ(run(), "");
  EXPECT_EQ(mode_of(base), 0700);
  base = dir / "no/such/data";
  EXPECT_EQ(run(), "basedir: " + base.string() + " cannot be made: No such file or directory");
}

TEST_F(autosetup_run, refuses_wrong_answers_and_makes_nothing) {
  const auto broken = dir.file("broken.json", "{}");
  const auto before = contents();
  EXPECT_TRUE(run("sqlite:///x\n").starts_with("Store URL: "));
  EXPECT_EQ(run("\n/no/such\n"), "Permissions file: /no/such cannot be read: No such file or directory");
  EXPECT_EQ(run("\n" + broken + "\n"), "Permissions file: " + broken + " is broken: $.roles: is missing");
  EXPECT_EQ(run("\n\nnobody\n"), "Admin e-mail: must be an e-mail address");
  EXPECT_EQ(run("\n\n\nshort\n"), "Admin password: The password is too short.");
  EXPECT_EQ(contents(), before);
}

TEST_F(autosetup_run, asks_again_on_a_terminal) {
  ASSERT_EQ(run("sqlite:///x\n\n\nnobody\nboss@example.org\nshort\nshort\ncorrect horse 7\ncorrect horse 8\n"
                "correct horse 7\ncorrect horse 7\n",
                {}, prompt::manner::terminal),
            "");
  EXPECT_EQ(seeded.email, "boss@example.org");
  EXPECT_EQ(seeded.password, "correct horse 7");
  EXPECT_NE(said.find("Store URL [lmdb://" + (base / "authnzerver.lmdb").string() + "]: "), std::string::npos) << said;
  EXPECT_NE(said.find("The password is too short."), std::string::npos);
  EXPECT_NE(said.find("The two differ."), std::string::npos);
}

TEST_F(autosetup_run, stops_asking_when_a_terminal_ends) {
  EXPECT_EQ(run("\n\nnobody", {}, prompt::manner::terminal), "Admin e-mail: must be an e-mail address");
}

}  // namespace
}  // namespace authnz::daemon
