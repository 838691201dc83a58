#include "tools/ctl/manual.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <sstream>

#include "tools/ctl/command_tree.hpp"
#include "tools/roff.hpp"

namespace authnz::ctl {

namespace {

using tools::roff;

bool is_everywhere(const described_option& o) {
  return o.group == "The node" || (!o.names.empty() && o.names.back() == "--help");
}

std::string value_of(const described_option& o) {
  if (o.label.empty() || o.choices.empty()) return o.label;
  std::string out;
  for (const auto& choice : o.choices) out += (out.empty() ? "" : "|") + choice;
  return out;
}

void print_option(std::ostream& out, const described_option& o) {
  std::string names;
  for (const auto& name : o.names) names += (names.empty() ? "\\fB" : "\\fR, \\fB") + roff(name);
  out << ".TP\n" << names << (names.empty() ? "" : "\\fR");
  if (!o.label.empty()) out << (names.empty() ? "\\fI" : " \\fI") << roff(value_of(o)) << "\\fR";
  out << '\n' << roff(o.help.empty() ? "No description." : o.help);
  if (!o.preset.empty()) out << " (default: " << roff(o.preset) << ")";
  out << '\n';
}

/// A text of one or more paragraphs.
std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find("\n\n"), text.size());
    out += (out.empty() ? "" : "\n.PP\n") + roff(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out.ends_with('.') ? out : out + ".";
}

void print_command(std::ostream& out, const described_command& c) {
  out << ".SS \"" << roff("authnzctl " + c.path) << "\"\n" << paragraphs(c.help) << '\n';
  for (const auto& o : c.options)
    if (!is_everywhere(o)) print_option(out, o);
  const std::string_view example = "Example: ";
  if (c.footer.starts_with(example))
    out << ".PP\n.RS\n.nf\n" << roff(std::string_view(c.footer).substr(example.size())) << "\n.fi\n.RE\n";
}

}  // namespace

std::string manual_text(const CLI::App& program) {
  std::ostringstream out;
  const auto all = describe(program);
  // Long words leave gaps in lines that are adjusted.
  out << ".SH COMMANDS\n.na\n";
  for (const auto& c : all)
    if (!c.path.empty() && c.subcommands.empty()) print_command(out, c);
  out << ".SH \"OPTIONS OF COMMANDS THAT ASK A NODE\"\n";
  const auto asks = std::ranges::find_if(all, [](const described_command& c) {
    return std::ranges::any_of(c.options, [](const described_option& o) { return o.group == "The node"; });
  });
  if (asks == all.end()) return out.str();
  for (const auto& o : asks->options)
    if (o.group == "The node") print_option(out, o);
  auto text = out.str();
  text.pop_back();  // the last line is ended by whom prints it
  return text;
}

}  // namespace authnz::ctl
