/// Where the value of an item comes from: the environment (or the file that
/// replaces it), then the command line (contract, section 10.1). Defaults are
/// applied later, as some are computed.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "tools/daemon/command_line.hpp"
#include "tools/daemon/config_items.hpp"
#include "tools/daemon/surroundings.hpp"

namespace authnz::daemon {

/// A value as somebody wrote it; never blank.
struct given_value {
  std::string text;
  std::string name;      ///< as it was given: `AUTHNZERVER_PORT`, `--port`
  bool is_path = false;  ///< from a variable that ends in _FILE
  bool on_command_line = false;
};

class sources {
 public:
  /// Reads the environment, or the file named with --envfile in its place.
  static tl::expected<sources, start_error> open(const command_line& line, const surroundings& around);

  /// The value that counts; nothing when the item is not set. An error when
  /// both forms of one secret are set.
  tl::expected<std::optional<given_value>, std::string> find(const item_row& r) const;
  /// The same for a secret that only a variable can give.
  tl::expected<std::optional<given_value>, std::string> find_secret_variable(std::string_view name) const;
  std::optional<std::string> variable(std::string_view name) const;

  /// Variables of ours that no item has; sorted.
  std::vector<std::string> unknown_variables() const;

 private:
  sources(variable_map variables, const command_line& line) : variables_(std::move(variables)), line_(line) {}
  std::optional<given_value> first_variable(const std::vector<std::string>& names, std::string_view suffix) const;
  tl::expected<std::optional<given_value>, std::string> secret_variable(const std::vector<std::string>& names) const;

  variable_map variables_;
  command_line line_;
};

}  // namespace authnz::daemon
