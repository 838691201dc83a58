#include "tools/daemon/envfile.hpp"

#include <algorithm>
#include <cctype>

#include "tools/daemon/config_values.hpp"
#include "tools/daemon/files.hpp"

namespace authnz::daemon {
namespace {

constexpr std::size_t longest_envfile = std::size_t{1} << 20;

std::string capitals(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string single_percents(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] == '%') ++i;
  }
  return out;
}

bool is_key(std::string_view key) {
  return !key.empty() &&
         std::all_of(key.begin(), key.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

}  // namespace

tl::expected<variable_map, std::string> parse_envfile(std::string_view text) {
  variable_map variables;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[' && line.back() == ']') continue;
    const auto equals = line.find('=');
    const auto key = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_key(key) || line.find('\0') != std::string_view::npos)
      return tl::unexpected("line " + std::to_string(number) + " is not of the form KEY=value");
    variables.insert_or_assign(capitals(key), single_percents(trimmed(line.substr(equals + 1))));
  }
  return variables;
}

tl::expected<variable_map, std::string> read_envfile(const std::filesystem::path& file) {
  return read_file(file, longest_envfile)
      .and_then([](const file_content& content) { return parse_envfile(content.text); })
      .map_error([&](const std::string& reason) { return file.string() + ": " + reason; });
}

std::string envfile_line(std::string_view key, std::string_view value) {
  std::string line(key);
  line += '=';
  for (char c : value) line += c == '%' ? std::string("%%") : std::string(1, c);
  return line + "\n";
}

}  // namespace authnz::daemon
