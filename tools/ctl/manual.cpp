#include "tools/ctl/manual.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <sstream>

#include "tools/ctl/command_tree.hpp"

namespace authnz::ctl {

namespace {

/// Escaped, a line of the source each; none can be taken for a request.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '~': out += "\\(ti"; break;
      case '^': out += "\\(ha"; break;
      case '\n':
        if (!out.ends_with('\n')) out += '\n';
        break;
      default: out += c;
    }
  }
  return out;
}

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

void print_command(std::ostream& out, const described_command& c) {
  out << ".SS \"" << roff("authnzctl " + c.path) << "\"\n" << roff(c.help) << (c.help.ends_with('.') ? "\n" : ".\n");
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
  out << ".SH COMMANDS\n";
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
