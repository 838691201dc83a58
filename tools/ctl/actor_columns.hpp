/// The columns in which actors and request kinds are shown: how each is
/// written, and what it is sorted by.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tools/ctl/node_look.hpp"
#include "tools/ctl/table.hpp"

namespace authnz::ctl {

template <class Line>
struct line_column {
  std::string_view name;   ///< what `--sort` takes
  std::string_view title;  ///< what stands above it
  align side;
  std::string (*show)(const Line&);
  /// Numbers are sorted from the greatest, texts (null) by what is shown.
  double (*weight)(const Line&);
  unsigned char priority = 1;  ///< on narrow screens those of higher ones go first; 0 = never
};

std::vector<line_column<actor_line>> actor_columns();
std::vector<line_column<request_line>> request_columns();

template <class Line>
void sort_by(std::vector<Line>& lines, const line_column<Line>& by) {
  std::stable_sort(lines.begin(), lines.end(), [&](const Line& a, const Line& b) {
    return by.weight ? by.weight(a) > by.weight(b) : by.show(a) < by.show(b);
  });
}

}  // namespace authnz::ctl
