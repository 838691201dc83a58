/// Tables for people: aligned columns under their titles, cut to the
/// terminal's width where there is one. What a node says is data: control
/// characters, which could command a terminal, are shown as `?`.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace authnz::ctl {

enum class align : unsigned char { left, right };

struct column {
  std::string title;
  align side = align::left;
};

class table {
 public:
  explicit table(std::vector<column> columns);

  /// Cells that are missing are empty, those beyond the columns are left out.
  void add(std::vector<std::string> cells);
  std::size_t rows() const { return rows_.size(); }

  /// The titles and the rows, without blanks at their ends; none is wider than
  /// `width`, 0 = any width.
  std::vector<std::string> lines(std::size_t width = 0) const;

 private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// To standard output; cut only if that is a terminal. Without rows it says
/// `none` in place of titles alone.
void print(const table& t, std::string_view none = "none");

/// Columns of the terminal behind standard output; 0 if it is none.
std::size_t terminal_width();

/// Columns that a text in UTF-8 takes on a terminal.
std::size_t width_of(std::string_view text);
/// Without control characters and broken UTF-8: each is `?`.
std::string printable(std::string_view text);
/// At most `width` columns of a printable text.
std::string cut(std::string_view text, std::size_t width);
/// Exactly `width` columns: cut, or filled up with blanks.
std::string fitted(std::string_view text, std::size_t width, align side = align::left);

}  // namespace authnz::ctl
