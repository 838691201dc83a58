#include "actors/mail_message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/run.hpp"

using namespace authnz;
using namespace authnz::actors;
using nlohmann::json;

namespace {

proto::timestamp at(std::string_view time) { return *proto::parse_time(time); }

const mail_templates words = mail_templates::built_in();
const mail_stamp stamp{at("2026-03-01T09:05:07.25"), "Zm9vYmFy"};

mail_content a_content() {
  mail_content c;
  c.sender = "Authnzerver <site@example.org>";
  c.recipient = "ada@example.net";
  c.server_name = "example.org";
  c.url = "https://example.org/users/verify";
  c.token = "gAAAAAB-token_that=ends==";
  c.expires = at("2026-03-01T09:20:07.5");
  c.client_address = "192.0.2.7";
  c.user_agent = "Mozilla/5.0 (X11)";
  return c;
}

json read(const outgoing_mail& mail) {
  const auto printed =
      tests::run(std::string{AUTHNZ_PYTHON " " AUTHNZ_SOURCE_DIR "/tests/unit/mail_peer.py"}, mail.text);
  return json::parse(printed, nullptr, false);
}

json read(const mail_content& content, bool html = false) { return read(compose_mail(content, words, stamp, html)); }

std::string subject(const json& message) { return message.at("headers").at("Subject"); }
std::string plain_text(const json& message) { return message.at("parts").at(0).at("text"); }

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::vector<std::string> wire_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = text.find("\r\n", from);
    if (end == std::string::npos) return {};
    lines.push_back(text.substr(from, end - from));
    from = end + 2;
  }
  return lines;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (const auto& line : wire_lines(text)) longest = std::max(longest, line.size());
  return longest;
}

TEST(mail_message, has_each_header_once) {
  const auto got = read(a_content());
  EXPECT_EQ(got.at("names"), json({"Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version",
                                   "Content-Type", "Content-Transfer-Encoding"}));
  EXPECT_EQ(got.at("from"), json::array({json::array({"Authnzerver", "site@example.org"})}));
  EXPECT_EQ(got.at("to"), json::array({json::array({"", "ada@example.net"})}));
  EXPECT_EQ(got.at("date"), "2026-03-01T09:05:07+00:00");
  EXPECT_EQ(got.at("headers").at("Date"), "Sun, 01 Mar 2026 09:05:07 +0000");
  EXPECT_EQ(got.at("headers").at("Message-ID"), "<Zm9vYmFy@example.org>");
  EXPECT_EQ(got.at("headers").at("Auto-Submitted"), "auto-generated");
  EXPECT_EQ(got.at("headers").at("MIME-Version"), "1.0");
  EXPECT_EQ(got.at("headers").at("Content-Type"), "text/plain; charset=\"UTF-8\"");
  EXPECT_EQ(got.at("defects"), json::array());
}

TEST(mail_message, goes_from_the_senders_address_to_the_recipients) {
  const auto mail = compose_mail(a_content(), words, stamp, false);
  EXPECT_EQ(mail.sender, "site@example.org");
  EXPECT_EQ(mail.recipient, "ada@example.net");
}

TEST(mail_message, names_the_server_first_in_its_subject) {
  auto content = a_content();
  EXPECT_EQ(subject(read(content)), "[example.org] Please confirm your e-mail address");
  content.kind = mail_kind::forgotpass;
  EXPECT_EQ(subject(read(content)), "[example.org] Choose a new password");
}

TEST(mail_message, says_what_it_has_to) {
  for (const auto kind : {mail_kind::signup, mail_kind::forgotpass}) {
    auto content = a_content();
    content.kind = kind;
    const auto text = plain_text(read(content));
    EXPECT_TRUE(has(text, "\n\ngAAAAAB-token_that=ends==\n\n")) << text;
    EXPECT_TRUE(has(text, "\nhttps://example.org/users/verify\n")) << text;
    EXPECT_TRUE(has(text, "2026-03-01 09:20:07 UTC")) << text;
    EXPECT_TRUE(has(text, "192.0.2.7")) << text;
    EXPECT_TRUE(has(text, "Mozilla/5_0 (X11)")) << text;
    EXPECT_TRUE(has(text, "If it was not you")) << text;
  }
}

TEST(mail_message, leaves_short_ascii_text_as_it_is) {
  const auto mail = compose_mail(a_content(), words, stamp, false);
  EXPECT_TRUE(has(mail.text, "\r\nContent-Transfer-Encoding: 7bit\r\n"));
  EXPECT_TRUE(has(mail.text, "\r\n\r\ngAAAAAB-token_that=ends==\r\n\r\n"));
}

TEST(mail_message, wraps_the_token_at_70_characters) {
  auto content = a_content();
  const std::string token = std::string(70, 'a') + std::string(70, 'b') + "c";
  content.token = token;
  const auto lines = "\n\n" + std::string(70, 'a') + "\n" + std::string(70, 'b') + "\nc\n\n";
  EXPECT_TRUE(has(plain_text(read(content)), lines));
  const std::string exact(140, 'd');
  content.token = exact;
  EXPECT_TRUE(has(plain_text(read(content)), "\n" + std::string(70, 'd') + "\n\n"));
}

TEST(mail_message, keeps_a_long_address_of_a_page_on_one_line) {
  auto content = a_content();
  const std::string url = "https://example.org/" + std::string(2000, 'x') + "?a=b&c=\xC3\xA9";
  content.url = url;
  const auto mail = compose_mail(content, words, stamp, false);
  EXPECT_LE(longest_line(mail.text), 76U);
  EXPECT_TRUE(has(plain_text(read(mail)), "\n" + url + "\n"));
}

TEST(mail_message, cuts_the_user_agent_at_200_characters) {
  auto content = a_content();
  std::string agent;
  for (int i = 0; i < 300; ++i) agent += "\xC3\xA9";
  content.user_agent = agent;
  EXPECT_TRUE(has(plain_text(read(content)), "\n" + agent.substr(0, 400) + "\n"));
}

TEST(mail_message, makes_no_links_of_the_user_agent) {
  auto content = a_content();
  content.user_agent = "a.b\u3002c\uFF0Ed\r\ne\x01\u2028\u202Ef";
  EXPECT_TRUE(has(plain_text(read(content)), "\na_b_c_def\n"));
}

TEST(mail_message, says_unknown_where_nothing_is_known) {
  auto content = a_content();
  content.client_address = content.user_agent = "";
  const auto text = plain_text(read(content));
  EXPECT_TRUE(has(text, "address unknown\n")) << text;
  EXPECT_TRUE(has(text, "program:\nunknown\n")) << text;
}

TEST(mail_message, encodes_a_display_name_that_is_not_ascii) {
  auto content = a_content();
  content.sender = "B\u00FCcher, \u65E5\u672C\u8A9E <site@example.org>";
  const auto got = read(content);
  EXPECT_EQ(got.at("from"), json::array({json::array({"B\u00FCcher, \u65E5\u672C\u8A9E", "site@example.org"})}));
  EXPECT_EQ(got.at("defects"), json::array());
}

TEST(mail_message, folds_a_long_display_name) {
  auto content = a_content();
  const std::string sender =
      "Authentifizierung f\u00FCr \u65E5\u672C\u8A9E und sehr, sehr lange Namen <site@example.org>";
  content.sender = sender;
  const auto mail = compose_mail(content, words, stamp, false);
  EXPECT_LE(longest_line(mail.text), 78U);
  EXPECT_EQ(read(mail).at("sender"), sender);
}

TEST(mail_message, quotes_a_display_name_where_needed) {
  for (const std::string name : {"Doe, John", "St. John (Accounts)", "a \\ b", "it's @ home", "two  blanks"}) {
    auto content = a_content();
    const auto sender = name + " <site@example.org>";
    content.sender = sender;
    const auto got = read(content);
    EXPECT_EQ(got.at("from"), json::array({json::array({name, "site@example.org"})})) << name;
    EXPECT_EQ(got.at("defects"), json::array()) << name;
  }
}

TEST(mail_message, reads_a_quoted_display_name) {
  auto content = a_content();
  content.sender = R"("Doe, \"J\"" <site@example.org>)";
  EXPECT_EQ(read(content).at("from"), json::array({json::array({"Doe, \"J\"", "site@example.org"})}));
}

TEST(mail_message, folds_and_encodes_subjects_so_that_they_come_out_the_same) {
  for (const std::string name :
       {"a name of many words that goes on and on so that it does not fit on one line at all, not at all",
        "B\u00FCcher & \u65E5\u672C\u8A9E\u306E\u540D\u524D\u3068\u3066\u3082\u9577\u3044\u3082\u306E", "two  blanks",
        "=?UTF-8?B?RXZl?=", "=?UTF-8?Q?=0D=0ABcc:_eve=40example.org?="}) {
    auto content = a_content();
    content.server_name = name;
    const auto mail = compose_mail(content, words, stamp, false);
    const auto head = mail.text.substr(0, mail.text.find("\r\n\r\n") + 2);
    EXPECT_LE(longest_line(head), 78U) << name;
    const auto got = read(mail);
    EXPECT_EQ(subject(got), "[" + name + "] Please confirm your e-mail address");
    EXPECT_EQ(got.at("defects"), json::array()) << name;
  }
}

TEST(mail_message, encodes_a_word_too_long_for_a_line) {
  auto content = a_content();
  const std::string name(1500, 'x');
  content.server_name = name;
  const auto mail = compose_mail(content, words, stamp, false);
  EXPECT_LE(longest_line(mail.text), 78U);
  EXPECT_EQ(subject(read(mail)), "[" + name + "] Please confirm your e-mail address");
}

class mail_message_with : public ::testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(line_breaks, mail_message_with,
                         ::testing::Values("\r\n", "\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029",
                                           std::string_view("\0", 1), "\r\n "));

TEST_P(mail_message_with, takes_no_headers_or_lines_from_a_stranger) {
  const auto attack = std::string(GetParam()) + "Bcc: eve@example.org" + std::string(GetParam()) + "X: y";
  auto content = a_content();
  const auto sender = "Site" + attack + " <site@example.org>";
  const auto name = "example.org" + attack;
  const auto url = "https://example.org/" + attack;
  const auto address = "192.0.2.7" + attack;
  const auto agent = "agent" + attack;
  content.sender = sender;
  content.server_name = name;
  content.url = url;
  content.client_address = address;
  content.user_agent = agent;
  const auto mail = compose_mail(content, words, stamp, false);
  const auto got = read(mail);
  EXPECT_EQ(got.at("names"), read(a_content()).at("names"));
  EXPECT_EQ(got.at("defects"), json::array());
  EXPECT_EQ(got.at("from").at(0).at(1), "site@example.org");
  const auto lines = [](const json& message) {
    const auto text = plain_text(message);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(got), lines(read(a_content())));
  EXPECT_FALSE(wire_lines(mail.text).empty());
}

TEST_P(mail_message_with, takes_no_second_recipient_from_a_stranger) {
  auto content = a_content();
  const auto recipient = "ada" + std::string(GetParam()) + "@example.net" + std::string(GetParam());
  content.recipient = recipient;
  const auto mail = compose_mail(content, words, stamp, false);
  EXPECT_TRUE(mail.recipient == "ada@example.net" || mail.recipient.empty()) << mail.recipient;
  for (const std::string_view more :
       {"<eve@example.org>", ",eve@example.org", ", eve@example.org", " eve@example.org"}) {
    const auto two = recipient + std::string(more);
    content.recipient = two;
    EXPECT_NE(compose_mail(content, words, stamp, false).recipient, "ada@example.net");
    EXPECT_FALSE(has(compose_mail(content, words, stamp, false).text, "To:")) << two;
  }
}

TEST(mail_message, has_a_second_part_in_html_on_demand) {
  for (const auto kind : {mail_kind::signup, mail_kind::forgotpass}) {
    auto content = a_content();
    content.kind = kind;
    const auto got = read(content, true);
    EXPECT_EQ(got.at("type"), "multipart/alternative");
    EXPECT_EQ(got.at("defects"), json::array());
    ASSERT_EQ(got.at("parts").size(), 2U);
    EXPECT_EQ(got.at("parts").at(0).at("type"), "text/plain");
    EXPECT_EQ(plain_text(got), plain_text(read(content)));
    EXPECT_EQ(got.at("parts").at(1).at("type"), "text/html");
    EXPECT_EQ(got.at("parts").at(1).at("charset"), "utf-8");
    const std::string html = got.at("parts").at(1).at("text");
    EXPECT_TRUE(has(html, ">gAAAAAB-token_that=ends==</pre>")) << html;
    EXPECT_TRUE(has(html, R"(<a href="https://example.org/users/verify">https://example.org/users/verify</a>)"))
        << html;
    EXPECT_TRUE(has(html, "2026-03-01 09:20:07 UTC")) << html;
    EXPECT_TRUE(has(html, "192.0.2.7")) << html;
    EXPECT_TRUE(has(html, "Mozilla/5_0 (X11)")) << html;
  }
}

TEST(mail_message, escapes_values_in_html) {
  auto content = a_content();
  content.server_name = "<img src=x>";
  content.url = "https://example.org/\"><script>";
  content.user_agent = "'&<b>";
  const std::string html = read(content, true).at("parts").at(1).at("text");
  EXPECT_TRUE(has(html, "&lt;img src=x&gt;"));
  EXPECT_TRUE(has(html, "href=\"https://example.org/&quot;&gt;&lt;script&gt;\""));
  EXPECT_TRUE(has(html, "&#x27;&amp;&lt;b&gt;"));
  EXPECT_FALSE(has(html, "<script"));
}

TEST(mail_message, has_no_html_when_the_link_would_be_no_page) {
  auto content = a_content();
  for (const std::string_view url : {"javascript:alert(1)", "data:text/html,x", "/users/verify", ""}) {
    content.url = url;
    EXPECT_EQ(read(content, true).at("type"), "text/plain") << url;
  }
  content.url = "HTTPS://example.org";
  EXPECT_EQ(read(content, true).at("type"), "multipart/alternative");
}

TEST(mail_message, survives_text_that_is_no_utf8) {
  auto content = a_content();
  content.server_name = "a\xFF";
  content.user_agent = "b\xC3";
  const auto got = read(content);
  EXPECT_EQ(subject(got), "[a\uFFFD] Please confirm your e-mail address");
  EXPECT_TRUE(has(plain_text(got), "\nb\uFFFD\n"));
}

TEST(mail_address, is_found_within_a_sender) {
  EXPECT_EQ(mail_address_of("Name <a@b>"), "a@b");
  EXPECT_EQ(mail_address_of("a@b.example"), "a@b.example");
  EXPECT_EQ(mail_address_of(" <a@b> "), "a@b");
  EXPECT_EQ(mail_address_of("a@[192.0.2.1]"), "a@[192.0.2.1]");
  EXPECT_EQ(mail_address_of("\"a b\"@c.example"), "\"a b\"@c.example");
}

TEST(mail_address, is_put_between_quotes_where_dots_are_odd) {
  EXPECT_EQ(mail_address_of("a..b@c.example"), "\"a..b\"@c.example");
  EXPECT_EQ(mail_address_of(".a@c.example"), "\".a\"@c.example");
  EXPECT_EQ(mail_address_of("a.@c.example"), "\"a.\"@c.example");
}

TEST(mail_address, keeps_its_local_part_and_writes_its_domain_in_ascii) {
  EXPECT_EQ(mail_address_of("o\u2019hara@example.org"), "o\u2019hara@example.org");
  EXPECT_EQ(mail_address_of("ada@b\u00FCcher.example"), "ada@xn--bcher-kva.example");
  EXPECT_EQ(mail_address_of("ada@stra\u00DFe.example"), "ada@xn--strae-oqa.example");
}

TEST(mail_address, is_nothing_that_cannot_go_into_a_command) {
  for (const std::string_view bad :
       {"",         "a",          "@b",        "a@",         "a b@c",      "a@b c",  "a,b@c",
        "a@b, c@d", "<a@b",       "a@b>",      "a@-b",       "a@b..c",     "a@b_c",  "<a@b> c",
        "a<b@c>@d", "\"a\"b\"@c", "\"a\\\"@c", "a@b\u3000c", "a\u00A0b@c", "a@[x y]"})
    EXPECT_EQ(mail_address_of(bad), std::nullopt) << bad;
}

TEST(mail_message, to_an_international_domain_is_all_ascii) {
  auto content = a_content();
  content.recipient = "ada@b\u00FCcher.example";
  const auto mail = compose_mail(content, words, stamp, false);
  EXPECT_EQ(mail.recipient, "ada@xn--bcher-kva.example");
  EXPECT_TRUE(
      std::all_of(mail.text.begin(), mail.text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
}

}  // namespace
