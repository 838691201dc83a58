#include "tools/daemon/make_settings.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "actors/mail_templates.hpp"
#include "tests/tool/scratch.hpp"

namespace authnz::daemon {
namespace {

TEST(make_settings, takes_what_the_configuration_says) {
  const scratch dir;
  const auto c =
      load(around(dir, with_secrets()),
           {"--servername=auth", "--maxstring=9", "--userlocktries=2", "--userlocktime=3", "--sessionexpiry=4",
            "--sessionmaxage=5", "--argon2=m=64,t=1,p=1", "--ratelimits=none", "--passpolicy=min_pass_length:20"});
  ASSERT_TRUE(c) << c.error().text;
  const auto made = make_settings(*c);
  ASSERT_TRUE(made) << made.error();
  const auto& s = **made;
  EXPECT_EQ(s.server_name, "auth");
  EXPECT_EQ(s.limits.text, 9U);
  EXPECT_EQ(s.lock_tries, 2U);
  EXPECT_EQ(s.lock_seconds, 3);
  EXPECT_EQ(s.session_expiry_days, 4);
  EXPECT_EQ(s.session_max_age_days, 5);
  EXPECT_EQ(s.argon2, (actors::argon2_params{64, 1, 1}));
  EXPECT_FALSE(s.rates.enabled);
  EXPECT_EQ(s.policy.min_pass_length, 20);
  EXPECT_GE(s.common_passwords->size(), 10000U);
  EXPECT_GT(s.disposable_domains->size(), 0U);
  EXPECT_TRUE(s.permissions->roles.contains("staff"));
}

std::string policy_without(const char* member) {
  auto policy = nlohmann::json::parse(actors::rules::default_permissions_text());
  policy.erase(member);
  return policy.dump();
}

std::string policy_with_role(const std::string& role) {
  auto policy = nlohmann::json::parse(actors::rules::default_permissions_text());
  policy["roles"].push_back(role);
  policy["role_policy"][role] = policy["role_policy"]["anonymous"];
  return policy.dump();
}

TEST(make_settings, takes_the_policy_of_the_permissions_file) {
  const scratch dir;
  const auto c = load(around(dir, with_secrets()), {"--permissions=" + dir.file("p.json", policy_with_role("guest"))});
  ASSERT_TRUE(c) << c.error().text;
  const auto made = make_settings(*c);
  ASSERT_TRUE(made) << made.error();
  EXPECT_TRUE((*made)->permissions->roles.contains("guest"));
}

TEST(make_settings, refuses_a_broken_permissions_file_and_says_where) {
  const scratch dir;
  const auto file = dir.file("p.json", policy_without("items"));
  const auto c = load(around(dir, with_secrets()), {"--permissions=" + file});
  ASSERT_TRUE(c) << c.error().text;
  const auto made = make_settings(*c);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), "permissions: " + file + ": $.items: is missing");
}

TEST(make_settings, renews_the_policy_and_tells_whether_it_was_read) {
  const scratch dir;
  const auto file = dir.file("p.json", policy_with_role("first"));
  const auto c = load(around(dir, with_secrets()), {"--permissions=" + file});
  ASSERT_TRUE(c) << c.error().text;
  const auto before = make_settings(*c);
  ASSERT_TRUE(before) << before.error();
  dir.file("p.json", policy_with_role("second"));
  const auto after = remake_settings(*c, **before);
  EXPECT_TRUE(after.policy_read);
  EXPECT_TRUE(after.errors.empty());
  EXPECT_TRUE(after.settings->permissions->roles.contains("second"));
  dir.file("p.json", "{");
  const auto kept = remake_settings(*c, *after.settings);
  EXPECT_FALSE(kept.policy_read);
  EXPECT_EQ(kept.settings->permissions, after.settings->permissions);
  ASSERT_EQ(kept.errors.size(), 1U);
  EXPECT_TRUE(kept.errors[0].starts_with("permissions: " + file + ": $: is not JSON: ")) << kept.errors[0];
}

TEST(make_settings, tells_of_no_policy_where_none_is_read) {
  const scratch dir;
  const auto c = load(around(dir, with_secrets()), {});
  ASSERT_TRUE(c) << c.error().text;
  const auto before = make_settings(*c);
  ASSERT_TRUE(before) << before.error();
  EXPECT_FALSE(remake_settings(*c, **before).policy_read);
}

TEST(make_settings, renews_lists_from_files_and_keeps_old_ones_that_broke) {
  const scratch dir;
  const auto common = dir.file("common", "first\n");
  const auto domains = dir.file("domains", "one.example\n");
  const auto c = load(around(dir, with_secrets()), {"--commonpasswords=" + common, "--disposabledomains=" + domains});
  ASSERT_TRUE(c) << c.error().text;
  const auto before = make_settings(*c);
  ASSERT_TRUE(before) << before.error();
  dir.file("common", "second\n");
  std::filesystem::remove(domains);
  const auto after = remake_settings(*c, **before);
  EXPECT_TRUE(after.settings->common_passwords->contains("second"));
  EXPECT_FALSE(after.settings->common_passwords->contains("first"));
  EXPECT_TRUE(after.settings->disposable_domains->contains("one.example"));
  ASSERT_EQ(after.errors.size(), 1U);
  EXPECT_TRUE(after.errors[0].starts_with("disposabledomains: ")) << after.errors[0];
}

std::string template_with(std::string_view subject) {
  const std::string text = actors::built_in_template_files().front().second;
  return "Subject: " + std::string(subject) + text.substr(text.find('\n'));
}

TEST(make_settings, takes_how_messages_are_sent) {
  const scratch dir;
  dir.file("signup.txt", template_with("Hello"));
  const auto authorities = dir.file("ca.pem", "");
  const auto c = load(around(dir, with_secrets({{"AUTHNZERVER_EMAILPASS", "sesame"}})),
                      {"--emailserver=mail.example.org", "--emailport=465", "--emailuser=site", "--emailtls=tls",
                       "--emailtlsverify=0", "--emailcafile=" + authorities, "--emailsender=Site <site@example.org>",
                       "--emailoverride=1", "--emailhtml=1", "--emailtemplates=" + dir.path().string()});
  ASSERT_TRUE(c) << c.error().text;
  const auto made = make_settings(*c);
  ASSERT_TRUE(made) << made.error();
  const auto& mail = (*made)->mail;
  EXPECT_EQ(mail.route.server, "mail.example.org");
  EXPECT_EQ(mail.route.port, 465);
  EXPECT_EQ(mail.route.user, "site");
  EXPECT_EQ(mail.route.password.reveal(), "sesame");
  EXPECT_EQ(mail.route.security, actors::mail_security::tls);
  EXPECT_FALSE(mail.route.verify_certificate);
  EXPECT_EQ(mail.route.authorities, authorities);
  EXPECT_EQ(mail.sender, "Site <site@example.org>");
  EXPECT_TRUE(mail.override_by_request);
  EXPECT_TRUE(mail.html);
  EXPECT_EQ(mail.templates->of(actors::mail_kind::signup).subject, "Hello");
  EXPECT_EQ(mail.keys, c->keys);
}

TEST(make_settings, has_the_built_in_texts_of_messages_by_default) {
  const scratch dir;
  const auto c = load(around(dir, with_secrets()));
  ASSERT_TRUE(c) << c.error().text;
  const auto made = make_settings(*c);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ((*made)->mail.templates->of(actors::mail_kind::signup).plain,
            actors::mail_templates::built_in().of(actors::mail_kind::signup).plain);
}

TEST(make_settings, refuses_broken_texts_of_messages) {
  const scratch dir;
  dir.file("signup.txt", "Subject: Hello\n\n{{name}}\n");
  const auto c = load(around(dir, with_secrets()), {"--emailtemplates=" + dir.path().string()});
  ASSERT_TRUE(c) << c.error().text;
  const auto made = make_settings(*c);
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().starts_with("emailtemplates: " + dir / "signup.txt" + ": {{name}} is no placeholder"))
      << made.error();
}

TEST(make_settings, renews_the_texts_of_messages_and_keeps_old_ones_that_broke) {
  const scratch dir;
  dir.file("signup.txt", template_with("First"));
  const auto c = load(around(dir, with_secrets()), {"--emailtemplates=" + dir.path().string()});
  ASSERT_TRUE(c) << c.error().text;
  const auto first = make_settings(*c);
  ASSERT_TRUE(first) << first.error();
  dir.file("signup.txt", template_with("Second"));
  const auto second = remake_settings(*c, **first);
  EXPECT_EQ(second.errors, std::vector<std::string>{});
  EXPECT_EQ(second.settings->mail.templates->of(actors::mail_kind::signup).subject, "Second");
  dir.file("signup.txt", "Third");
  const auto third = remake_settings(*c, *second.settings);
  EXPECT_EQ(third.errors.size(), 1U);
  EXPECT_EQ(third.settings->mail.templates->of(actors::mail_kind::signup).subject, "Second");
}

TEST(make_settings, seals_messages_with_renewed_keys) {
  const scratch dir;
  const auto file = dir.file("key", a_key);
  const auto surroundings = around(dir, {{"AUTHNZERVER_SECRET", file}, {"AUTHNZERVER_PIISALT", "salt"}});
  const auto before = load(surroundings);
  ASSERT_TRUE(before) << before.error().text;
  const auto first = make_settings(*before);
  ASSERT_TRUE(first) << first.error();
  dir.file("key", another_key);
  const auto after = load(surroundings);
  ASSERT_TRUE(after) << after.error().text;
  const auto renewed = remake_settings(*after, **first, after->keys).settings;
  EXPECT_EQ(renewed->mail.keys, after->keys);
  EXPECT_EQ(remake_settings(*before, *renewed).settings->mail.keys, after->keys) << "keys that cannot be read stay";
}

}  // namespace
}  // namespace authnz::daemon
