#include "tools/ctl/completion_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "tools/ctl/command_tree.hpp"

namespace authnz::ctl {

namespace {

using commands = std::vector<described_command>;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// In single quotes, for all three shells; of several lines the first.
std::string in_quotes(std::string_view text, std::string_view quote_in_quotes) {
  std::string out = "'";
  for (const char c : text.substr(0, text.find('\n'))) c == '\'' ? (out += quote_in_quotes) : (out += c);
  return out + "'";
}
std::string in_quotes(std::string_view text) { return in_quotes(text, R"('\'')"); }

std::string names_of(const described_command& c) {
  std::string out;
  for (const auto& o : c.options)
    if (!o.names.empty()) out += (out.empty() ? "" : " ") + joined(o.names);
  return out;
}

/// Assignments to three associative arrays, which bash and zsh share.
void print_arrays(std::ostream& out, const commands& all) {
  for (const auto& c : all) {
    const auto key = "[" + in_quotes(c.path + "/") + "]";
    if (!c.subcommands.empty())
      out << "  _authnzctl_commands" << key << "=" << in_quotes(joined(c.subcommands)) << '\n';
    out << "  _authnzctl_options" << key << "=" << in_quotes(names_of(c)) << '\n';
    for (const auto& o : c.options) {
      if (o.label.empty()) continue;
      const auto choices = in_quotes(o.choices.empty() ? "<file>" : joined(o.choices));
      if (o.names.empty()) {
        if (!o.choices.empty()) out << "  _authnzctl_values" << key << "=" << choices << '\n';
      } else {
        for (const auto& name : o.names)
          out << "  _authnzctl_values[" << in_quotes(c.path + "/" + name) << "]=" << choices << '\n';
      }
    }
  }
}

// `path` is the command so far; what follows an option that takes a value is none.
constexpr auto bash_functions = R"(
_authnzctl() {
  local path='' word previous='' i candidates=''
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $previous == -* && -n ${_authnzctl_values["$path/$previous"]-} ]]; then
      previous=''
      continue
    fi
    if [[ " ${_authnzctl_commands["$path/"]-} " == *" $word "* ]]; then path="${path:+$path }$word"; fi
    previous=$word
  done
  word=${COMP_WORDS[COMP_CWORD]}
  if [[ $previous == -* && -n ${_authnzctl_values["$path/$previous"]-} ]]; then
    candidates=${_authnzctl_values["$path/$previous"]}
    if [[ $candidates == '<file>' ]]; then
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
    fi
  elif [[ $word == -* ]]; then
    candidates=${_authnzctl_options["$path/"]-}
  else
    candidates="${_authnzctl_commands["$path/"]-} ${_authnzctl_values["$path/"]-}"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$word")
}

complete -o filenames -o bashdefault -F _authnzctl authnzctl
)";

constexpr auto zsh_functions = R"(
_authnzctl() {
  local at='' word previous='' candidates=''
  local -i i
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ $previous == -* && -n ${_authnzctl_values[$at/$previous]-} ]]; then
      previous=''
      continue
    fi
    if [[ " ${_authnzctl_commands[$at/]-} " == *" $word "* ]]; then at="${at:+$at }$word"; fi
    previous=$word
  done
  word=${words[CURRENT]}
  if [[ $previous == -* && -n ${_authnzctl_values[$at/$previous]-} ]]; then
    candidates=${_authnzctl_values[$at/$previous]}
    if [[ $candidates == '<file>' ]]; then
      _files
      return
    fi
  elif [[ $word == -* ]]; then
    candidates=${_authnzctl_options[$at/]-}
  else
    candidates="${_authnzctl_commands[$at/]-} ${_authnzctl_values[$at/]-}"
  fi
  compadd -- ${=candidates}
}

compdef _authnzctl authnzctl
)";

void print_bash(std::ostream& out, const commands& all) {
  out << "# bash completion for authnzctl; to be sourced, or put into /etc/bash_completion.d\n"
      << "declare -gA _authnzctl_commands _authnzctl_options _authnzctl_values\n";
  print_arrays(out, all);
  out << bash_functions;
}

void print_zsh(std::ostream& out, const commands& all) {
  out << "#compdef authnzctl\n# zsh completion for authnzctl; to be sourced after compinit, or put into a directory of "
         "fpath\n"
      << "typeset -gA _authnzctl_commands _authnzctl_options _authnzctl_values\n"
      << "() {\n";
  for (const auto& c : all) {
    const auto set = [&](const char* array, const std::string& key, const std::string& value) {
      out << "  " << array << "+=(" << in_quotes(key) << " " << in_quotes(value) << ")\n";
    };
    if (!c.subcommands.empty()) set("_authnzctl_commands", c.path + "/", joined(c.subcommands));
    set("_authnzctl_options", c.path + "/", names_of(c));
    for (const auto& o : c.options) {
      const auto choices = o.choices.empty() ? std::string("<file>") : joined(o.choices);
      if (o.label.empty() || (o.names.empty() && o.choices.empty())) continue;
      if (o.names.empty()) set("_authnzctl_values", c.path + "/", choices);
      for (const auto& name : o.names) set("_authnzctl_values", c.path + "/" + name, choices);
    }
  }
  out << "}\n" << zsh_functions;
}

constexpr auto fish_function =
    R"(# fish completion for authnzctl; to be put into ~/.config/fish/completions/authnzctl.fish
function __authnzctl_at
    # The words of the line that are none of options and their values begin with the command.
    set -l words (commandline -opc)
    set -e words[1]
    set -l wanted $argv
    for word in $words
        string match -q -- '-*' $word; and continue
        if test (count $wanted) -gt 0; and test "$word" = "$wanted[1]"
            set -e wanted[1]
        end
    end
    test (count $wanted) -eq 0
end
complete -c authnzctl -f
)";

void print_fish_option(std::ostream& out, const std::string& begin, const described_option& o) {
  out << begin;
  for (const auto& name : o.names) out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
  if (!o.label.empty()) out << (o.choices.empty() ? " -r -F" : " -x");
  if (!o.choices.empty()) out << " -a " << in_quotes(joined(o.choices), R"(\')");
  out << " -d " << in_quotes(o.help, R"(\')") << '\n';
}

void print_fish(std::ostream& out, const commands& all) {
  out << fish_function;
  for (const auto& c : all) {
    std::string not_deeper;
    for (const auto& sub : c.subcommands)
      not_deeper += "; and not __authnzctl_at " + (c.path.empty() ? sub : c.path + " " + sub);
    const auto here = "__authnzctl_at " + c.path + not_deeper;
    const auto begin = "complete -c authnzctl -n " + in_quotes(here, R"(\')");
    for (const auto& sub : all)
      for (const auto& name : c.subcommands)
        if (sub.path == (c.path.empty() ? name : c.path + " " + name))
          out << begin << " -a " << name << " -d " << in_quotes(sub.help, R"(\')") << '\n';
    for (const auto& o : c.options)
      if (!o.names.empty() || !o.choices.empty()) print_fish_option(out, begin, o);
  }
}

}  // namespace

void add_completion(CLI::App& app) {
  auto* command = app.add_subcommand("completion", "Print a script that completes command lines in a shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "Which")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example: source <(authnzctl completion bash)");
  command->callback([&app, shell] {
    const auto all = describe(app);
    if (*shell == "bash") print_bash(std::cout, all);
    if (*shell == "zsh") print_zsh(std::cout, all);
    if (*shell == "fish") print_fish(std::cout, all);
  });
}

}  // namespace authnz::ctl
