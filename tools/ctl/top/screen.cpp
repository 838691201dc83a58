#include "tools/ctl/top/screen.hpp"

#include <unistd.h>

#include <langinfo.h>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>

// Wide characters; its macros stay in this file.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

namespace authnz::ctl::top {

namespace {

constexpr short warning_pair = 1;
constexpr short heading_pair = 2;

char32_t key_of(wint_t code) {
  switch (code) {
    case KEY_UP: return key_up;
    case KEY_DOWN: return key_down;
    case KEY_PPAGE: return key_page_up;
    case KEY_NPAGE: return key_page_down;
    case KEY_HOME: return key_home;
    case KEY_END: return key_end;
    case KEY_ENTER: return key_enter;
    case KEY_BACKSPACE: return key_backspace;
    case KEY_BTAB: return key_back_tab;
    default: return 0;
  }
}

char32_t character_of(wint_t c) {
  switch (c) {
    case '\r':
    case '\n': return key_enter;
    case '\t': return key_tab;
    case 27: return key_escape;
    case 8:
    case 127: return key_backspace;
    default: return static_cast<char32_t>(c);
  }
}

attr_t attributes_of(emphasis as, bool colours) {
  switch (as) {
    case emphasis::heading: return colours ? A_BOLD | static_cast<attr_t>(COLOR_PAIR(heading_pair)) : A_BOLD;
    case emphasis::selected: return A_REVERSE;
    case emphasis::warning: return colours ? A_BOLD | static_cast<attr_t>(COLOR_PAIR(warning_pair)) : A_BOLD;
    case emphasis::faint: return A_UNDERLINE;
    case emphasis::none: break;
  }
  return A_NORMAL;
}

}  // namespace

struct screen::handle {
  SCREEN* terminal = nullptr;
  bool colours = false;
  bool ascii = false;
};

tl::expected<std::unique_ptr<screen>, std::string> screen::open() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
    return tl::unexpected(std::string("top needs a terminal; authnzctl actors --watch writes lines that need none"));
  std::setlocale(LC_ALL, "");
  std::unique_ptr<screen> s(new screen());
  s->inside_ = std::make_unique<handle>();
  auto& h = *s->inside_;
  h.ascii = std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
  h.terminal = ::newterm(nullptr, stdout, stdin);
  if (h.terminal == nullptr) {
    const char* const name = std::getenv("TERM");
    return tl::unexpected(std::string("the terminal type ") + (name != nullptr ? name : "(TERM is not set)") +
                          " is not known; set TERM, for instance to xterm, or use authnzctl actors --watch");
  }
  ::set_term(h.terminal);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, TRUE);
  ::set_escdelay(50);
  ::curs_set(0);
  ::wtimeout(stdscr, 100);
  const char* const no_colour = std::getenv("NO_COLOR");
  h.colours = (no_colour == nullptr || *no_colour == '\0') && ::has_colors() && ::start_color() == OK &&
              ::use_default_colors() == OK;
  if (h.colours) {
    // Told apart by all who see colours in other ways, too.
    ::init_pair(warning_pair, COLOR_YELLOW, -1);
    ::init_pair(heading_pair, COLOR_CYAN, -1);
  }
  return s;
}

screen::~screen() {
  if (!inside_ || inside_->terminal == nullptr) return;
  ::curs_set(1);
  ::endwin();
  ::delscreen(inside_->terminal);
}

canvas screen::size() const {
  const int width = ::getmaxx(stdscr);
  const int height = ::getmaxy(stdscr);
  return {static_cast<std::size_t>(std::max(width, 1)), static_cast<std::size_t>(std::max(height, 1)), inside_->ascii};
}

void screen::draw(const std::vector<drawn_line>& lines) {
  ::werase(stdscr);
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const auto attributes = attributes_of(lines[row].as, inside_->colours);
    ::wattr_on(stdscr, attributes, nullptr);
    ::wmove(stdscr, static_cast<int>(row), 0);
    ::waddnstr(stdscr, lines[row].text.c_str(), static_cast<int>(lines[row].text.size()));
    ::wattr_off(stdscr, attributes, nullptr);
  }
  ::wrefresh(stdscr);
}

std::optional<char32_t> screen::key() {
  wint_t code = 0;
  const int got = ::wget_wch(stdscr, &code);
  if (got == ERR) return std::nullopt;
  const auto key = got == KEY_CODE_YES ? key_of(code) : character_of(code);
  return key == 0 ? std::nullopt : std::optional(key);
}

}  // namespace authnz::ctl::top
