/// The words of the messages that the server sends (contract, section 8.5.1).
/// An operator may replace each by a file.
///
/// `{{name}}` in a template stands for a value:
///
/// | placeholder | value |
/// |---|---|
/// | server_name | name of the site |
/// | recipient | address that the message goes to |
/// | url | page to open |
/// | token | code to enter there, in lines of 70 characters at most |
/// | expires | when the code ends, as `2026-03-01 12:00:00 UTC` |
/// | client_address | IP address that the request came from |
/// | user_agent | browser that the request came from, dots as `_` |
///
/// Each but the first two must be there; the token in a paragraph and the URL on
/// a line of its own, except in HTML.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace authnz::actors {

enum class mail_kind : std::uint8_t { signup, forgotpass, count_ };

/// What the placeholders stand for; each names a member.
struct mail_values {
  std::string server_name;
  std::string recipient;
  std::string url;
  std::string token;
  std::string expires;
  std::string client_address;
  std::string user_agent;
};

struct mail_template {
  std::string subject;  ///< what follows `[SERVER_NAME] `; of the placeholders it may have server_name
  std::string plain;
  std::string html;
};

class mail_templates {
 public:
  static mail_templates built_in();
  /// Those of the directory's files `signup.txt`, `signup.html`,
  /// `forgotpass.txt`, `forgotpass.html`, in UTF-8; those that are missing are
  /// built in. A `.txt` begins with the line `Subject: ...` and an empty line.
  /// The error names file and reason.
  static tl::expected<mail_templates, std::string> load(const std::filesystem::path& directory);

  const mail_template& of(mail_kind kind) const { return templates_[static_cast<std::size_t>(kind)]; }

 private:
  std::array<mail_template, static_cast<std::size_t>(mail_kind::count_)> templates_;
};

/// Puts values in the place of placeholders; in HTML, escaped.
std::string fill_in(std::string_view text, const mail_values& values);
std::string fill_in_html(std::string_view html, const mail_values& values);

/// File names and texts of the built-in templates, for an operator to start from.
std::vector<std::pair<std::string, std::string>> built_in_template_files();

}  // namespace authnz::actors
