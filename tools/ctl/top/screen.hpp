/// The terminal of `authnzctl top`: ncurses behind one class. Restored at the
/// end of its life.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "tools/ctl/top/render.hpp"

namespace authnz::ctl::top {

class screen {
 public:
  /// The error says what to do: no terminal, or one that is not known.
  static tl::expected<std::unique_ptr<screen>, std::string> open();
  ~screen();
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  canvas size() const;
  void draw(const std::vector<drawn_line>& lines);
  /// A key, or nothing after a tenth of a second, or when the size has changed.
  std::optional<char32_t> key();

 private:
  screen() = default;
  struct handle;
  std::unique_ptr<handle> inside_;
};

}  // namespace authnz::ctl::top
