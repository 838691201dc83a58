/// What `authnzctl top` shows and what its keys do, without any terminal.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "tools/ctl/node_look.hpp"

namespace authnz::ctl::top {

enum class view : std::uint8_t { actors, requests, hashing, store, connections, limits, count_ };
std::string_view title(view v);

/// What was pressed: a character, or one of these.
enum key : char32_t {
  key_up = 0x110000,  // beyond Unicode
  key_down,
  key_page_up,
  key_page_down,
  key_home,
  key_end,
  key_enter,
  key_escape,
  key_backspace,
  key_tab,
  key_back_tab,
};

/// The last values of a number, the newest last.
class series {
 public:
  static constexpr std::size_t most = 60;
  void add(double value) {
    values_.push_back(value);
    if (values_.size() > most) values_.pop_front();
  }
  const std::deque<double>& values() const { return values_; }

 private:
  std::deque<double> values_;
};

struct model {
  // What the node said.
  node_look look;
  std::string node;                                    ///< where it is, as it was given
  std::string trouble;                                 ///< why there is no answer; empty = there is one
  std::string since;                                   ///< the time of the last answer, with trouble
  std::map<std::string, series, std::less<>> history;  ///< by a name such as `requests`, or `actor/session-0`

  // What the administrator wants to see.
  view shown = view::actors;
  std::size_t sort_actors = 0;    ///< columns, as they are in actor_columns(); 0 = as the node has them
  std::size_t sort_requests = 0;  ///< likewise
  std::string filter;             ///< rows that hold it, whatever their case
  bool typing_filter = false;
  bool paused = false;  ///< what is shown stays
  bool help = false;
  std::string drilled;          ///< the actor that is looked at; empty = the list
  std::size_t selected = 0;     ///< row of the list, or the line that a sheet begins with
  std::size_t furthest = 1000;  ///< that a sheet can be scrolled; whoever draws sets it
  bool over = false;            ///< the administrator has had enough

  /// A new look has come. Does nothing while paused.
  void see(node_look next);
  /// There is no answer; `since` is the time of the last one.
  void lose(std::string why, std::string last_answer);
  void press(char32_t key);

  /// In the order in which they are shown.
  std::vector<actor_line> actors() const;
  std::vector<request_line> requests() const;

 private:
  void type(char32_t key);
  void command(char32_t key);
  void show(view v);
  void sort();
  std::size_t rows() const;
};

}  // namespace authnz::ctl::top
