/// Draws a model of `authnzctl top` as lines of text. Nothing is told by
/// emphasis alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/ctl/top/model.hpp"

namespace authnz::ctl::top {

enum class emphasis : unsigned char { none, heading, selected, warning, faint };

struct drawn_line {
  std::string text;
  emphasis as = emphasis::none;
};

/// Lines around a panel: the header and the keys.
inline constexpr std::size_t frame_lines = 5;

struct canvas {
  std::size_t width = 80;
  std::size_t height = 24;
  bool ascii = false;  ///< no characters beyond ASCII
};

/// Exactly `height` lines, none wider than `width`.
std::vector<drawn_line> render(const model& m, const canvas& on);

/// The newest values as bars, at most `width`; the greatest is a full bar.
std::string sparkline(const std::deque<double>& values, std::size_t width, bool ascii);

/// With `--all`, what there is to say of single nodes, above every view: who
/// does not answer or is not ready, and why. At most a third of what `on` has.
std::vector<drawn_line> remarks(const model& m, const canvas& on);

/// What a view shows (panels.cpp): at most `on.height` lines.
std::vector<drawn_line> panel(const model& m, const canvas& on);
/// How many of its lines do not fit on the whole screen `on`; 0 for lists, which follow what is selected.
std::size_t furthest_scroll(const model& m, const canvas& on);

}  // namespace authnz::ctl::top
