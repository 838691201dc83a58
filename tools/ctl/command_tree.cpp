#include "tools/ctl/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

namespace authnz::ctl {

namespace {

// A check for membership shows itself as `{a,b}` behind the type.
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> out;
  const auto begin = type.find('{');
  const auto end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return out;
  for (std::size_t at = begin + 1; at < end;) {
    const auto comma = std::min(type.find(',', at), end);
    out.push_back(type.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

std::string label_of(const CLI::Option& o) {
  const auto& names = o.get_lnames();
  auto label = names.empty() ? o.get_single_name() : names.front();
  std::ranges::transform(label, label.begin(), [](unsigned char c) { return std::toupper(c); });
  return label;
}

described_option describe(const CLI::Option& o) {
  described_option out;
  for (const auto& name : o.get_snames()) out.names.push_back("-" + name);
  for (const auto& name : o.get_lnames()) out.names.push_back("--" + name);
  if (o.get_items_expected_max() > 0) {
    out.label = label_of(o);
    out.choices = choices_of(o.get_type_name());
    out.preset = o.get_default_str();
  }
  out.help = o.get_description();
  out.group = o.get_group();
  out.required = o.get_required();
  return out;
}

void add_options(const CLI::App& app, described_command& out) {
  for (const auto* option : app.get_options())
    if (!option->get_group().empty()) out.options.push_back(describe(*option));
  // Groups of options are commands without a name.
  for (const auto* group : app.get_subcommands([](const CLI::App* a) { return a->get_name().empty(); }))
    add_options(*group, out);
}

void describe(const CLI::App& app, const std::string& path, std::vector<described_command>& out) {
  described_command mine{path, app.get_description(), app.get_footer(), {}, {}};
  add_options(app, mine);
  const auto commands = app.get_subcommands([](const CLI::App* a) { return !a->get_name().empty(); });
  for (const auto* command : commands) mine.subcommands.push_back(command->get_name());
  out.push_back(std::move(mine));
  for (const auto* command : commands)
    describe(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), out);
}

}  // namespace

std::vector<described_command> describe(const CLI::App& program) {
  std::vector<described_command> out;
  describe(program, {}, out);
  return out;
}

}  // namespace authnz::ctl
