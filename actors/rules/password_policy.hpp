/// Which passwords are accepted (contract, sections 7.1 and 10.2, passpolicy).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

#include "proto/error.hpp"

namespace authnz::actors::rules {

/// Longest password, in code points.
inline constexpr std::size_t max_password_length = 1024;

struct password_policy {
  int min_pass_length = 12;         ///< code points of the squeezed form
  int max_unsafe_similarity = 50;   ///< percent; from here on a password is too similar
  double max_char_frequency = 0.3;  ///< share of the length that one character may have
  int min_pwned_matches = 25;       ///< from here on a password counts as breached
};

/// Reads `name:value` pairs separated by `;`, blanks ignored; names that are
/// missing keep their default. The error says what is wrong with which name.
tl::expected<password_policy, std::string> parse_password_policy(std::string_view text);

/// Passwords that many people use, casefolded.
class password_list {
 public:
  /// At least 10,000, made from stems and what people add to them.
  static password_list built_in();
  /// Reads a file: one password a line, blank lines ignored. The error says what failed.
  static tl::expected<password_list, std::string> load(const std::filesystem::path& file);

  /// Takes casefolded passwords.
  explicit password_list(std::unordered_set<std::string> passwords) : passwords_(std::move(passwords)) {}

  bool contains(const std::string& casefolded) const { return passwords_.count(casefolded) != 0; }
  std::size_t size() const noexcept { return passwords_.size(); }

 private:
  std::unordered_set<std::string> passwords_;
};

/// What a password must not resemble. Empty texts are not compared.
struct judged_against {
  std::string_view server_name;
  std::vector<std::string_view> addresses;
  std::vector<std::string_view> names;  ///< unescaped (unescape_name)
};

/// Whether a password has more than max_password_length code points.
bool too_long(std::string_view password);

/// The message codes of the rules that a password fails, in the contract's
/// order; empty when it passes. Does not ask whether it is breached. Requires
/// well-formed UTF-8 that is not too_long.
std::vector<proto::code> judge(std::string_view password, const judged_against& against, const password_policy& policy,
                               const password_list& common);

}  // namespace authnz::actors::rules
