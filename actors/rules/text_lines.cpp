#include "actors/rules/text_lines.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace authnz::actors::rules {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string cannot_read(const std::filesystem::path& file, int error) {
  return "cannot read " + file.string() + ": " + std::generic_category().message(error);
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

tl::expected<void, std::string> for_each_line(const std::filesystem::path& file,
                                              const std::function<void(std::string_view)>& visit) {
  // A stream opens a directory, and reads it as if it were empty.
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return tl::unexpected(cannot_read(file, EISDIR));
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return tl::unexpected(cannot_read(file, errno));
  bool first = true;
  for (std::string line; std::getline(in, line); first = false) {
    std::string_view text = line;
    if (first && text.substr(0, byte_order_mark.size()) == byte_order_mark) text.remove_prefix(byte_order_mark.size());
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    visit(text);
  }
  if (in.bad()) return tl::unexpected(cannot_read(file, errno));
  return {};
}

}  // namespace authnz::actors::rules
