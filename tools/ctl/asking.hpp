/// What the commands that ask a node have in common: its options, `--json`,
/// pages of rows, and one way to run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/ctl/node_link.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl {

struct asking {
  std::shared_ptr<node_options> node;
  bool json = false;
};
using asking_ptr = std::shared_ptr<asking>;

/// Adds `--node` and its like, `--json`, and an example to the help.
asking_ptr add_asking(CLI::App& command, const std::string& example);

/// Has `use` called with a link when the command is given.
void ask_when_called(CLI::App& command, const asking_ptr& a, int& status, std::function<int(node_link&)> use);

/// Rows that a list may have, and where it begins.
struct page_options {
  std::int64_t limit = 100;
  std::string after;
};
using page_ptr = std::shared_ptr<page_options>;
page_ptr add_page(CLI::App& command);

/// Asks for as many pages as the limit takes: `{name: [...], "next_after": ...}`.
tl::expected<nlohmann::json, link_error> ask_rows(node_link& link, proto::question what, nlohmann::json arguments,
                                                  const char* name, const page_options& page);

/// With all that is no ASCII escaped, so that it harms no terminal.
void print_json(const nlohmann::json& answer);
/// The table, and on standard error how to see more if there is.
void print_rows(const table& t, const nlohmann::json& next_after, std::string_view none);

/// A member as text for a cell; empty if it is absent or null.
std::string cell(const nlohmann::json& row, const char* name);
/// A time without its fraction, `2026-01-31 12:00:00`.
std::string time_cell(const nlohmann::json& row, const char* name);
/// As much of a key as names it; what the commands accept.
std::string key_cell(const nlohmann::json& row, const char* name = "key");

/// `name: value` lines; titles are made of the members' names.
void print_members(const nlohmann::json& object, const std::vector<const char*>& names);

/// Arguments that name a user: by id, or by e-mail address where there is an `@`.
tl::expected<nlohmann::json, link_error> person_arguments(const std::string& who);

}  // namespace authnz::ctl
