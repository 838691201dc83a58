#include "tools/daemon/command_line.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "tools/daemon/config_values.hpp"

namespace authnz::daemon {
namespace {

struct switch_row {
  std::string_view name;
  bool command_line::*field;
};
constexpr auto switches = std::to_array<switch_row>({
    {"help", &command_line::help},
    {"version", &command_line::version},
    {"print-config", &command_line::print_config},
    {"configuration-markdown", &command_line::configuration_markdown},
    {"configuration-man", &command_line::configuration_man},
    {"autosetup", &command_line::autosetup},
    {"yes", &command_line::yes},
});

bool takes_value(std::string_view option) {
  if (option == "envfile") return true;
  return std::any_of(item_table.begin(), item_table.end(), [&](const item_row& r) {
    const auto names = options(r);
    return std::find(names.begin(), names.end(), option) != names.end();
  });
}

/// What may be shown of an argument that nobody knows: it could be a secret.
std::string printable_name(std::string_view name) {
  const bool plain =
      name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  return plain && !name.empty() ? "--" + std::string(name) : std::string("an argument");
}

start_error usage(std::string text) { return {exit_usage_error, std::move(text)}; }

start_error unknown_option(std::string_view name) {
  if (name == "confvars")
    return {exit_start_error,
            "--confvars: Python files are not read; put the settings into a file of KEY=value lines and name it with "
            "--envfile"};
  auto text = printable_name(name) + " is not an option of this program";
  if (const auto near = nearest_option(name); !near.empty()) text += "; did you mean --" + near + "?";
  return usage(text + " (see --help)");
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> line(b.size() + 1);
  std::iota(line.begin(), line.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = line[0];
    line[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = line[j];
      line[j] = std::min({line[j] + 1, line[j - 1] + 1, replaced});
    }
  }
  return line.back();
}

/// One option, taken off the front of `rest`.
std::optional<start_error> take_option(command_line& into, std::span<const std::string>& rest) {
  const std::string_view argument = rest.front();
  rest = rest.subspan(1);
  if (argument == "-h") return into.help = true, std::nullopt;
  if (!argument.starts_with("--")) return usage("there is an argument that is no option (see --help)");
  const auto equals = argument.find('=');
  const auto name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
  const auto is_switch = std::find_if(switches.begin(), switches.end(), [&](auto& s) { return s.name == name; });
  if (is_switch != switches.end()) {
    if (equals != std::string_view::npos) return usage("--" + std::string(name) + " takes no value");
    into.*(is_switch->field) = true;
    return std::nullopt;
  }
  if (!takes_value(name)) return unknown_option(name);
  std::string value;
  if (equals != std::string_view::npos) {
    value = argument.substr(equals + 1);
  } else {
    if (rest.empty()) return usage("--" + std::string(name) + " needs a value");
    value = rest.front();
    rest = rest.subspan(1);
  }
  value = trimmed(value);
  if (name == "envfile") {
    into.envfile = std::move(value);
  } else {
    into.values.insert_or_assign(std::string(name), std::move(value));
  }
  return std::nullopt;
}

}  // namespace

tl::expected<command_line, start_error> parse_command_line(std::span<const std::string> arguments) {
  command_line parsed;
  while (!arguments.empty())
    if (auto error = take_option(parsed, arguments)) return tl::unexpected(std::move(*error));
  std::erase_if(parsed.values, [](const auto& entry) { return entry.second.empty(); });
  if (parsed.yes && !parsed.autosetup) return tl::unexpected(usage("--yes goes with --autosetup only"));
  return parsed;
}

std::string nearest_option(std::string_view unknown) {
  std::vector<std::string> known{"envfile", "help", "version", "print-config", "autosetup"};
  for (const auto& r : item_table)
    for (auto& name : options(r)) known.push_back(std::move(name));
  std::string best;
  // Beyond a third of the name it would be another word, not a slip.
  auto allowed = std::max<std::size_t>(2, unknown.size() / 3);
  if (unknown.size() > 40) return best;
  for (auto& name : known) {
    const auto distance = edit_distance(unknown, name);
    if (distance > allowed || (distance == allowed && !best.empty())) continue;
    allowed = distance;
    best = name;
  }
  return best;
}

}  // namespace authnz::daemon
