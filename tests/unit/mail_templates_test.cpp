#include "actors/mail_templates.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace authnz::actors;

namespace {

constexpr std::string_view good_plain =
    "Subject: Welcome to {{server_name}}\n\nHello {{recipient}}\n\n{{url}}\n\n{{token}}\n\n"
    "{{expires}} {{client_address}} {{user_agent}}\n";
constexpr std::string_view good_html = "<p>{{url}} {{token}} {{expires}} {{client_address}} {{user_agent}}</p>";

class mail_templates_from : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "authnz-mail-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void put(const std::string& name, std::string_view text) { std::ofstream(directory_ / name) << text; }
  mail_template loaded(mail_kind kind) {
    const auto got = mail_templates::load(directory_);
    EXPECT_TRUE(got) << got.error();
    return got ? got->of(kind) : mail_template{};
  }
  /// The error for a text that stands in `name`, without the file's name.
  std::string error_of(const std::string& name, std::string_view text) {
    put(name, text);
    const auto got = mail_templates::load(directory_);
    if (got) return "none";
    const auto start = (directory_ / name).string() + ": ";
    EXPECT_TRUE(got.error().starts_with(start)) << got.error();
    return got.error().substr(start.size());
  }
  static std::string plain_with(std::string_view what, std::string_view in_place_of) {
    std::string text(good_plain);
    return text.replace(text.find(in_place_of), in_place_of.size(), what);
  }

  std::filesystem::path directory_;
};

TEST(mail_templates, are_built_in_for_each_kind) {
  const auto built_in = mail_templates::built_in();
  for (const auto kind : {mail_kind::signup, mail_kind::forgotpass}) {
    EXPECT_FALSE(built_in.of(kind).subject.empty());
    EXPECT_FALSE(built_in.of(kind).plain.empty());
    EXPECT_FALSE(built_in.of(kind).html.empty());
  }
}

TEST(mail_templates, load_nothing_from_afar_and_link_to_the_page_alone) {
  for (const auto kind : {mail_kind::signup, mail_kind::forgotpass}) {
    const auto html = mail_templates::built_in().of(kind).html;
    for (const std::string_view bad : {"src=", "<img", "<link", "<script", "http", "url(", "@import"})
      EXPECT_EQ(html.find(bad), std::string::npos) << bad;
    EXPECT_EQ(html.find("href="), html.rfind("href="));
    EXPECT_NE(html.find("<a href=\"{{url}}\">{{url}}</a>"), std::string::npos);
  }
}

TEST(mail_templates, fit_on_lines_of_76_characters) {
  for (const auto& [name, text] : built_in_template_files())
    for (std::size_t from = 0, end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
      EXPECT_LE(end - from, 76U) << name << ": " << text.substr(from, end - from);
}

TEST(mail_templates, get_values_in_place_of_names) {
  mail_values values;
  values.token = "<T>";
  values.url = "{{token}}";
  EXPECT_EQ(fill_in("a {{token}}{{url}} b {c} }}", values), "a <T>{{token}} b {c} }}");
  EXPECT_EQ(fill_in_html("<b>{{token}}</b>", values), "<b>&lt;T&gt;</b>");
}

TEST_F(mail_templates_from, an_empty_directory_are_the_built_in_ones) {
  const auto built_in = mail_templates::built_in();
  EXPECT_EQ(loaded(mail_kind::signup).plain, built_in.of(mail_kind::signup).plain);
  EXPECT_EQ(loaded(mail_kind::forgotpass).html, built_in.of(mail_kind::forgotpass).html);
}

TEST_F(mail_templates_from, the_built_in_files_are_the_built_in_ones) {
  for (const auto& [name, text] : built_in_template_files()) put(name, text);
  const auto built_in = mail_templates::built_in();
  for (const auto kind : {mail_kind::signup, mail_kind::forgotpass}) {
    EXPECT_EQ(loaded(kind).subject, built_in.of(kind).subject);
    EXPECT_EQ(loaded(kind).plain, built_in.of(kind).plain);
    EXPECT_EQ(loaded(kind).html, built_in.of(kind).html);
  }
}

TEST_F(mail_templates_from, files_replace_those_of_their_name_alone) {
  put("signup.txt", good_plain);
  put("forgotpass.html", good_html);
  EXPECT_EQ(loaded(mail_kind::signup).subject, "Welcome to {{server_name}}");
  EXPECT_TRUE(loaded(mail_kind::signup).plain.starts_with("Hello {{recipient}}\n"));
  EXPECT_EQ(loaded(mail_kind::signup).html, mail_templates::built_in().of(mail_kind::signup).html);
  EXPECT_EQ(loaded(mail_kind::forgotpass).html, std::string(good_html) + "\n");
  EXPECT_EQ(loaded(mail_kind::forgotpass).plain, mail_templates::built_in().of(mail_kind::forgotpass).plain);
}

TEST_F(mail_templates_from, a_file_with_other_line_ends_are_the_same) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : good_plain) text += c == '\n' ? "\r\n" : std::string(1, c);
  put("signup.txt", text);
  EXPECT_TRUE(loaded(mail_kind::signup).plain.starts_with("Hello {{recipient}}\n\n{{url}}\n"));
}

TEST_F(mail_templates_from, nowhere_are_an_error) {
  const auto got = mail_templates::load(directory_ / "none");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), (directory_ / "none").string() + " is no directory");
}

TEST_F(mail_templates_from, a_file_that_cannot_be_read_are_an_error) {
  std::filesystem::create_symlink(directory_ / "none", directory_ / "signup.txt");
  const auto got = mail_templates::load(directory_);
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().find("signup.txt"), std::string::npos) << got.error();
}

TEST_F(mail_templates_from, a_file_in_another_encoding_are_an_error) {
  put("signup.txt", std::string(good_plain) + "f\xFCr");
  const auto got = mail_templates::load(directory_);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), (directory_ / "signup.txt").string() + " is not UTF-8");
}

TEST_F(mail_templates_from, a_file_must_begin_with_a_subject) {
  const std::string expected = "the first line must be \"Subject: \" and the subject";
  EXPECT_EQ(error_of("signup.txt", ""), expected);
  EXPECT_EQ(error_of("signup.txt", plain_with("Hello", "Subject:")), expected);
  EXPECT_EQ(error_of("signup.txt", plain_with("Subject:  ", "Subject: Welcome to {{server_name}}")), expected);
  EXPECT_EQ(error_of("signup.txt", plain_with("{{server_name}}\n", "{{server_name}}\n\n")),
            "the second line must be empty");
}

TEST_F(mail_templates_from, a_subject_shows_no_secrets) {
  EXPECT_EQ(error_of("signup.txt", plain_with("{{token}}", "{{server_name}}")),
            "of the placeholders, the subject may only have {{server_name}}");
}

TEST_F(mail_templates_from, a_placeholder_must_be_known_and_closed) {
  EXPECT_TRUE(
      error_of("signup.txt", plain_with("{{name}}", "{{recipient}}")).starts_with("{{name}} is no placeholder;"));
  EXPECT_TRUE(error_of("signup.txt", plain_with("{{}}", "{{recipient}}")).starts_with("{{}} is no placeholder;"));
  EXPECT_EQ(error_of("signup.txt", plain_with("{{recipient", "{{recipient}}")),
            "a placeholder is not closed: {{ without }} on its line");
  std::filesystem::remove(directory_ / "signup.txt");
  EXPECT_TRUE(error_of("signup.html", std::string(good_html) + "{{ token }}").starts_with("{{ token }} is no"));
}

TEST_F(mail_templates_from, no_placeholder_of_the_contract_may_be_missing) {
  for (const std::string name : {"{{url}}", "{{token}}", "{{expires}}", "{{client_address}}", "{{user_agent}}"}) {
    EXPECT_EQ(error_of("signup.txt", plain_with("", name)), name + " is missing");
    std::filesystem::remove(directory_ / "signup.txt");
    std::string html(good_html);
    html.erase(html.find(name), name.size());
    EXPECT_EQ(error_of("forgotpass.html", html), name + " is missing");
    std::filesystem::remove(directory_ / "forgotpass.html");
  }
}

TEST_F(mail_templates_from, the_token_stands_in_a_paragraph_and_the_page_on_a_line) {
  const std::string token = "{{token}} must be a paragraph of its own";
  EXPECT_EQ(error_of("signup.txt", plain_with("code: {{token}}", "{{token}}")), token);
  EXPECT_EQ(error_of("signup.txt", plain_with("{{token}}\ncode", "{{token}}")), token);
  EXPECT_EQ(error_of("signup.txt", plain_with("{{url}}.", "{{url}}")), "{{url}} must be on a line of its own");
}

}  // namespace
