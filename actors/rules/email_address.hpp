/// Which e-mail addresses are accepted (contract, section 7.2).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_set>
#include <vector>

namespace authnz::actors::rules {

/// Domains whose addresses are thrown away after use.
class domain_list {
 public:
  /// A small list of well-known ones.
  static domain_list built_in();
  /// Reads a file: one domain a line, `#` comments. The error says what failed.
  static tl::expected<domain_list, std::string> load(const std::filesystem::path& file);

  /// Normalises the domains.
  explicit domain_list(const std::vector<std::string>& domains);

  /// Whether a normalised domain, or a parent of it, is listed.
  bool contains(std::string_view domain) const;
  std::size_t size() const noexcept { return domains_.size(); }

 private:
  std::unordered_set<std::string> domains_;
};

/// Whether an address may be signed up. `as_given` is well-formed UTF-8; the
/// rules look at its normalised form (normalise_address), confusable scripts
/// are looked for in what was given.
bool address_acceptable(std::string_view as_given, const domain_list& disposable);

/// The one rule that addresses of seeded users obey: exactly one `@`.
bool seed_address_acceptable(std::string_view as_given);

}  // namespace authnz::actors::rules
