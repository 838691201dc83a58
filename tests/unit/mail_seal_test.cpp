#include "actors/mail_seal.hpp"

#include <gtest/gtest.h>

namespace authnz::actors {
namespace {

const std::string first_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const std::string second_key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

proto::keyring_ptr ring(const std::string& keys) { return *proto::keyring::parse(keys); }

sealed_mail sample() {
  sealed_mail what{{"a@example.org", "b@example.org", std::string("text\0\xff\r\n", 8)}, mail_route{}};
  what.route->server = "mx.example.org";
  what.route->port = 65535;
  what.route->user = "user";
  what.route->password = proto::secret("open sesame");
  what.route->security = mail_security::none;
  what.route->verify_certificate = false;
  what.route->authorities = "/ca.pem";
  return what;
}

TEST(mail_seal, opens_to_what_was_sealed) {
  const auto sealed = seal_mail(sample(), ring(first_key));
  ASSERT_TRUE(sealed);
  const auto opened = open_mail(*sealed, ring(first_key));
  ASSERT_TRUE(opened && opened->route);
  EXPECT_EQ(opened->mail.sender, "a@example.org");
  EXPECT_EQ(opened->mail.recipient, "b@example.org");
  EXPECT_EQ(opened->mail.text, sample().mail.text);
  EXPECT_EQ(opened->route->server, "mx.example.org");
  EXPECT_EQ(opened->route->port, 65535);
  EXPECT_EQ(opened->route->user, "user");
  EXPECT_EQ(opened->route->password.reveal(), "open sesame");
  EXPECT_EQ(opened->route->security, mail_security::none);
  EXPECT_FALSE(opened->route->verify_certificate);
  EXPECT_EQ(opened->route->authorities, "/ca.pem");
}

TEST(mail_seal, opens_to_no_route_where_there_was_none) {
  auto what = sample();
  what.route.reset();
  const auto opened = open_mail(*seal_mail(what, ring(first_key)), ring(first_key));
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->route);
}

TEST(mail_seal, shows_nothing_of_what_it_holds) {
  const auto sealed = *seal_mail(sample(), ring(first_key));
  for (const auto* part : {"sesame", "example", "text"}) EXPECT_EQ(sealed.find(part), std::string::npos);
}

TEST(mail_seal, opens_with_any_key_of_the_ring) {
  const auto sealed = *seal_mail(sample(), ring(first_key));
  EXPECT_TRUE(open_mail(sealed, ring(second_key + "," + first_key)));
}

TEST(mail_seal, seals_with_the_first_key) {
  const auto sealed = *seal_mail(sample(), ring(second_key + "," + first_key));
  EXPECT_TRUE(open_mail(sealed, ring(second_key)));
  EXPECT_FALSE(open_mail(sealed, ring(first_key)));
}

TEST(mail_seal, stays_shut_when_its_key_was_rotated_away_or_it_is_damaged) {
  auto sealed = *seal_mail(sample(), ring(first_key));
  EXPECT_FALSE(open_mail(sealed, ring(second_key)));
  EXPECT_FALSE(open_mail(sealed.substr(0, sealed.size() / 2), ring(first_key)));
  EXPECT_FALSE(open_mail("", ring(first_key)));
}

}  // namespace
}  // namespace authnz::actors
