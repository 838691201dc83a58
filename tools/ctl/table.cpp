#include "tools/ctl/table.hpp"

#include <sys/ioctl.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace authnz::ctl {

namespace {

constexpr std::size_t gap = 2;

/// Calls `use` with each code point (negative = broken), where it begins and its length.
template <class F>
void for_each_code_point(std::string_view text, F&& use) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t at = 0; at < size;) {
    const auto begin = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (!use(c, static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin))) return;
  }
}

std::size_t width_of(UChar32 c) {
  const auto kind = u_charType(c);
  if (kind == U_NON_SPACING_MARK || kind == U_ENCLOSING_MARK || kind == U_FORMAT_CHAR) return 0;
  const auto east_asian = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return east_asian == U_EA_WIDE || east_asian == U_EA_FULLWIDTH ? 2 : 1;
}

// Format characters can turn a line round, or hide a part of it.
bool is_printable(UChar32 c) {
  return c >= 0 && !u_iscntrl(c) && u_charType(c) != U_FORMAT_CHAR && c != 0x2028 && c != 0x2029;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for_each_code_point(text, [&](UChar32 c, std::size_t, std::size_t) {
    width += c < 0 ? 1 : width_of(c);
    return true;
  });
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  for_each_code_point(text, [&](UChar32 c, std::size_t begin, std::size_t size) {
    is_printable(c) ? out.append(text.substr(begin, size)) : out.append("?");
    return true;
  });
  return out;
}

std::string cut(std::string_view text, std::size_t width) {
  std::size_t taken = 0;
  std::size_t end = 0;
  for_each_code_point(text, [&](UChar32 c, std::size_t begin, std::size_t size) {
    taken += c < 0 ? 1 : width_of(c);
    if (taken > width) return false;
    end = begin + size;
    return true;
  });
  return std::string(text.substr(0, end));
}

std::string fitted(std::string_view text, std::size_t width, align side) {
  auto out = cut(text, width);
  const std::string blanks(width - width_of(out), ' ');
  return side == align::left ? out + blanks : blanks + out;
}

table::table(std::vector<column> columns) : columns_(std::move(columns)) {}

void table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::string> table::lines(std::size_t width) const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    widths.push_back(width_of(columns_[i].title));
    for (const auto& row : rows_) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  const auto line_of = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += std::string(i == 0 ? 0 : gap, ' ') + fitted(cells[i], widths[i], columns_[i].side);
    if (width != 0) line = cut(line, width);
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::vector<std::string> out{line_of(titles)};
  for (const auto& row : rows_) out.push_back(line_of(row));
  return out;
}

void print(const table& t, std::string_view none) {
  if (t.rows() == 0) {
    std::cout << none << '\n';
    return;
  }
  for (const auto& line : t.lines(terminal_width())) std::cout << line << '\n';
}

std::size_t terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace authnz::ctl
