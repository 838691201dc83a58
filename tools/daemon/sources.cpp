#include "tools/daemon/sources.hpp"

#include <set>

#include "tools/daemon/config_values.hpp"
#include "tools/daemon/envfile.hpp"

namespace authnz::daemon {
namespace {

constexpr std::string_view file_suffix = "_FILE";

std::set<std::string> known_variables() {
  std::set<std::string> known{std::string(admin_email_variable), std::string(admin_password_variable),
                              std::string(admin_password_variable) + std::string(file_suffix)};
  for (const auto& r : item_table)
    for (const auto& name : variables(r)) {
      known.insert(name);
      if (r.is_secret()) known.insert(name + std::string(file_suffix));
    }
  return known;
}

}  // namespace

tl::expected<sources, start_error> sources::open(const command_line& line, const surroundings& around) {
  if (line.envfile.empty()) return sources(around.environment, line);
  const placeholders places{around.working_directory, around.home_directory};
  auto variables = read_envfile(around.working_directory / places.expand(line.envfile));
  if (!variables) return tl::unexpected(start_error{exit_start_error, "--envfile: " + variables.error()});
  return sources(std::move(*variables), line);
}

std::optional<std::string> sources::variable(std::string_view name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end()) return std::nullopt;
  const auto text = trimmed(found->second);
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::optional<given_value> sources::first_variable(const std::vector<std::string>& names,
                                                   std::string_view suffix) const {
  for (const auto& name : names) {
    const auto full = name + std::string(suffix);
    if (auto text = variable(full))
      return given_value{.text = std::move(*text), .name = full, .is_path = !suffix.empty()};
  }
  return std::nullopt;
}

tl::expected<std::optional<given_value>, std::string> sources::secret_variable(
    const std::vector<std::string>& names) const {
  auto value = first_variable(names, {});
  auto path = first_variable(names, file_suffix);
  if (value && path) return tl::unexpected(value->name + " and " + path->name + " are both set; keep one of them");
  return path ? path : value;
}

tl::expected<std::optional<given_value>, std::string> sources::find_secret_variable(std::string_view name) const {
  return secret_variable({std::string(name)});
}

tl::expected<std::optional<given_value>, std::string> sources::find(const item_row& r) const {
  if (r.is_secret()) {
    auto value = secret_variable(variables(r));
    if (!value || *value) return value;
  } else if (auto value = first_variable(variables(r), {})) {
    return value;
  }
  for (const auto& option : options(r))
    if (const auto found = line_.values.find(option); found != line_.values.end())
      return given_value{.text = found->second, .name = "--" + option, .on_command_line = true};
  return std::nullopt;
}

std::vector<std::string> sources::unknown_variables() const {
  const auto known = known_variables();
  std::vector<std::string> unknown;
  for (const auto& [name, value] : variables_)
    if (name.starts_with("AUTHNZERVER_") && !known.contains(name) && !trimmed(value).empty()) unknown.push_back(name);
  return unknown;
}

}  // namespace authnz::daemon
