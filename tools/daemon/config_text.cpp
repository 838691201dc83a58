#include "tools/daemon/config_text.hpp"

#include "tools/daemon/envfile.hpp"
#include "tools/roff.hpp"

namespace authnz::daemon {
namespace {

constexpr std::size_t line_width = 100;

constexpr std::string_view file_suffix = "_FILE";

std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  std::string line(indent);
  while (!text.empty()) {
    const auto end = text.find(' ');
    const auto word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.size() > indent.size() && line.size() + 1 + word.size() > line_width) {
      out += line + "\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
  }
  return out + line + "\n";
}

std::string joined(const std::vector<std::string>& names, std::string_view before, std::string_view between) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : std::string(between)) + std::string(before) + name;
  return out;
}

std::string_view value_word(const item_row& r) {
  switch (r.kind) {
    case value_kind::text: return "TEXT";
    case value_kind::number: return "NUMBER";
    case value_kind::flag: return "0|1";
    case value_kind::choice: return "WORD";
    case value_kind::file:
    case value_kind::new_file: return "FILE";
    case value_kind::directory: return "DIRECTORY";
    case value_kind::secret: return "SECRET";
    case value_kind::secret_or_path: return "SECRET|FILE";
  }
  return "";
}

std::string preset_for_people(const item_row& r) {
  if (!r.preset_words.empty()) return std::string(r.preset_words);
  return r.preset.empty() ? "empty" : std::string(r.preset);
}

/// What values a row takes, beyond its kind; empty if anything goes.
std::string range(const item_row& r) {
  if (r.kind == value_kind::number) return std::to_string(r.min) + " to " + std::to_string(r.max);
  if (r.kind != value_kind::choice) return {};
  std::string words;
  for (char c : r.choices) words += c == ' ' ? std::string(", ") : std::string(1, c);
  return words;
}

std::vector<std::string> all_variables(const item_row& r) {
  auto names = variables(r);
  if (r.is_secret())
    for (const auto& name : variables(r)) names.push_back(name + std::string(file_suffix));
  return names;
}

/// Calls back with every group that has items, and with its rows after it.
template <class OnGroup, class OnRow>
void for_each_item(OnGroup on_group, OnRow on_row) {
  for (auto g = group::listening; g <= group::load; g = static_cast<group>(static_cast<int>(g) + 1)) {
    on_group(title(g));
    for (const auto& r : item_table)
      if (r.in == g) on_row(r);
  }
}

std::string help_entry(const item_row& r) {
  auto entry = "  " + joined(options(r), "--", ", ") + "=" + std::string(value_word(r)) + "\n";
  entry += wrapped(r.help, "      ");
  if (const auto allowed = range(r); !allowed.empty()) entry += "      values: " + allowed + "\n";
  entry += wrapped("default: " + preset_for_people(r), "      ");
  return entry + wrapped("variables: " + joined(all_variables(r), "", ", "), "      ");
}

std::string in_cell(std::string_view text) {
  std::string cell;
  for (char c : text) cell += c == '|' ? std::string("\\|") : std::string(1, c);
  return cell;
}

std::string markdown_row(const item_row& r) {
  const auto allowed = range(r);
  auto preset = preset_for_people(r);
  if (r.preset_words.empty() && !r.preset.empty()) preset = "`" + preset + "`";
  return "| `" + std::string(r.name) + "` | `" + joined(all_variables(r), "", "` `") + "` | `" +
         joined(options(r), "--", "` `") + "` | " + in_cell(preset) + " | " + in_cell(r.help) +
         (allowed.empty() ? "" : " Values: " + allowed + ".") + " |\n";
}

/// Of a secret only whether it is set, and its file.

constexpr std::string_view help_head = R"(Usage: authnzerver [OPTION]...

Authentication and authorization server. Options are written --name=value or --name value.
A value is taken from the environment first, then from the command line, then it is the default.

General
  --help, -h
      Print this and exit.
  --version
      Print the version and exit.
  --envfile=FILE
      Read KEY=value lines from FILE in place of the environment.
  --print-config
      Print the configuration that holds, secrets hidden, and exit.
  --autosetup
      Make keys, files and a store with its first users, as far as they are missing, and exit.
      With --yes nothing is asked.
)";

constexpr std::string_view help_tail = R"(
First start, read from the environment only
  AUTHNZERVER_ADMIN_EMAIL
      Address of the first user, a superuser.
      default: the user who runs the server @localhost
  AUTHNZERVER_ADMIN_PASSWORD, AUTHNZERVER_ADMIN_PASSWORD_FILE
      Its password, or the file that holds it.
      default: a random one

Values that name files may hold [[basedir]] and [[homedir]].
Exit codes: 0 = fine, 1 = the server could not start, 2 = the command line was not understood.
)";

constexpr std::string_view markdown_head =
    R"(<!-- Generated from tools/daemon/config_items.hpp by authnzerver --configuration-markdown. Do not edit. -->
# Configuration

Every item can be set in the environment or on the command line. The environment goes first, then the command
line (`--name=value` or `--name value`), then the default. An empty or blank value counts as absent. A value that
does not make sense is an error at the start (exit code 1) which names the item and the reason.

`authnzerver --autosetup` makes keys, files and a store in one go and writes a `.env` with every item;
`authnzerver --print-config` shows what holds, with secrets hidden.

## A file in place of the environment

`--envfile FILE` replaces the environment entirely. The file has lines `KEY=value`; keys are read without case, lines
that begin with `#` or `;` are comments, `[section]` lines are ignored, and `%%` stands for one `%`.

Values that name files may hold `[[basedir]]` and `[[homedir]]`.

## Secrets

`secret`, `piisalt`, `emailpass`, `clusterpass` and `AUTHNZERVER_ADMIN_PASSWORD` can be given as the value itself, or,
with `_FILE` appended to the variable, as the path of a file that holds it; `secret` and `piisalt` also take a path
directly. Setting both forms of one secret is an error. White space at both ends is trimmed. A file that group or others
may read or change is refused, except below `/run/secrets` and `/run/credentials`. A secret on the command line works,
with a warning: every user of the host can see it.

Several keys in `secret` allow rotation without downtime: add the new one, move the frontends, remove the old one.
)";

constexpr std::string_view markdown_tail = R"(
## First start

Read from the environment only, when a store is seeded.

| variable | default | meaning |
|---|---|---|
| `AUTHNZERVER_ADMIN_EMAIL` | the user who runs the server `@localhost` | Address of the first user, a superuser. |
| `AUTHNZERVER_ADMIN_PASSWORD` `AUTHNZERVER_ADMIN_PASSWORD_FILE` | a random one | Its password, or the file that holds it. |
)";

}  // namespace

std::string shown_value(const item_row& r, const shown_item& shown) {
  if (!r.is_secret()) return shown.text;
  if (!shown.secret_is_set) return {};
  return shown.text.empty() ? "***" : "*** in " + shown.text;
}

std::string help_text() {
  std::string text(help_head);
  for_each_item([&](std::string_view name) { text += "\n" + std::string(name) + "\n"; },
                [&](const item_row& r) { text += help_entry(r); });
  return text += help_tail;
}

std::string effective_config_text(const config& c) {
  std::string text;
  for (const auto& r : item_table) {
    const auto& shown = c.shown[static_cast<std::size_t>(r.id)];
    text.append(r.name).append(" = ").append(shown_value(r, shown));
    text.append(shown.given_as.empty() ? "  # default" : "  # from " + shown.given_as).append("\n");
  }
  return text;
}

std::string envfile_text(const config& c, const std::map<item, std::string>& overrides) {
  std::string text = "# For authnzerver --envfile. Items are explained by authnzerver --help.\n";
  for_each_item([&](std::string_view name) { text += "\n# " + std::string(name) + "\n"; },
                [&](const item_row& r) {
                  const auto chosen = overrides.find(r.id);
                  const auto& value =
                      chosen != overrides.end() ? chosen->second : c.shown[static_cast<std::size_t>(r.id)].text;
                  // Where a variable cannot hold a path, the one that ends in _FILE does.
                  const bool as_file = r.kind == value_kind::secret && !value.empty();
                  text += envfile_line(own_variable(r) + (as_file ? "_FILE" : ""), r.id == item::workers ? "" : value);
                });
  return text;
}

std::string configuration_markdown() {
  std::string text(markdown_head);
  for_each_item(
      [&](std::string_view name) {
        text += "\n## " + std::string(name) +
                "\n\n| item | environment | command line | default | meaning |\n|---|---|---|---|---|\n";
      },
      [&](const item_row& r) { text += markdown_row(r); });
  return text += markdown_tail;
}

std::string configuration_man() {
  using tools::roff;
  std::string text = ".SH CONFIGURATION\n";
  for_each_item([&](std::string_view name) { text += ".SS \"" + roff(name) + "\"\n"; },
                [&](const item_row& r) {
                  text += ".TP\n\\fB" + roff(joined(options(r), "--", ", ")) + "\\fR=\\fI" + roff(value_word(r)) +
                          "\\fR\n" + roff(r.help) + "\n";
                  if (const auto allowed = range(r); !allowed.empty()) text += "Values: " + roff(allowed) + ".\n";
                  text += "Default: " + roff(preset_for_people(r)) + ".\n.br\n" +
                          roff(joined(all_variables(r), "", ", ")) + "\n";
                });
  return text;
}

}  // namespace authnz::daemon
