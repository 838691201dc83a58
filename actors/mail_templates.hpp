/// The words of the messages that the server sends (contract, section 8.5.1).
/// An operator may replace each by a file.
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

/// A template: the first line of the plain text is `Subject: ...`, an empty
/// line follows, then the body. `{{name}}` stands for a value.
struct mail_template {
  std::string plain;
  std::string html;  ///< body alone; values are escaped
};

class mail_templates {
 public:
  static mail_templates built_in();
  /// Those of the directory's files `signup.txt`, `signup.html`,
  /// `forgotpass.txt`, `forgotpass.html`; those that are missing are built in.
  /// The error names file and reason: unreadable, an unknown or unclosed
  /// placeholder, no subject, or the token's placeholder is missing.
  static tl::expected<mail_templates, std::string> load(const std::filesystem::path& directory);

  const mail_template& of(mail_kind kind) const { return templates_[static_cast<std::size_t>(kind)]; }

 private:
  std::array<mail_template, static_cast<std::size_t>(mail_kind::count_)> templates_;
};

/// File names and texts of the built-in templates, for an operator to start from.
std::vector<std::pair<std::string, std::string>> built_in_template_files();

}  // namespace authnz::actors
