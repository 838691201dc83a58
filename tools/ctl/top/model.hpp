/// What `authnzctl top` shows and what its keys do, without any terminal.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "tools/ctl/node_look.hpp"
#include "tools/ctl/top/node_line.hpp"

namespace authnz::ctl::top {

/// `nodes` is there with `--all` alone.
enum class view : std::uint8_t { actors, requests, hashing, store, connections, limits, nodes, count_ };
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

using named_series = std::map<std::string, series, std::less<>>;

/// A node, as it was seen last.
struct watched_node {
  node_look look;        ///< empty until it has answered
  std::string trouble;   ///< why there is no answer; empty = there is one
  std::string since;     ///< the time of the last answer, with trouble
  named_series history;  ///< by a name such as `requests`, or `actor/session-0`
};

struct model {
  // What the nodes said.
  std::map<std::string, watched_node> nodes{{"", {}}};  ///< by name
  std::string asked;                                    ///< the one among them that is dialled
  std::string address;                                  ///< where it is, as it was given
  bool all = false;                                     ///< of a cluster, through the one that is dialled
  std::string unknown;                                  ///< why the registered nodes are not known; empty = they are
  named_series history;  ///< of all that answer, with each look at the one that is dialled

  // What the administrator wants to see.
  view shown = view::actors;
  std::size_t sort_actors = 0;    ///< columns, as they are in actor_columns(); 0 = as the node has them
  std::size_t sort_requests = 0;  ///< likewise
  std::size_t sort_nodes = 0;     ///< likewise
  std::string filter;             ///< rows that hold it, whatever their case
  bool typing_filter = false;
  bool paused = false;  ///< what is shown stays
  bool help = false;
  std::string drilled;          ///< the actor that is looked at; empty = the list
  std::string drilled_node;     ///< where it is
  std::size_t selected = 0;     ///< row of the list, or the line that a sheet begins with
  std::size_t furthest = 1000;  ///< that a sheet can be scrolled; whoever draws sets it
  bool over = false;            ///< the administrator has had enough

  /// Before the first look: which node is dialled.
  void ask(const std::string& name);
  /// A new look at a node has come. Does nothing while paused.
  void see(const std::string& node, node_look next);
  /// There is no answer; `since` is the time of the last one.
  void lose(const std::string& node, std::string why, std::string last_answer);
  void press(char32_t key);

  /// The one that is dialled.
  const watched_node& here() const { return nodes.at(asked); }
  /// Whether its figures are shown: while the dialled one is away, the last ones of all are.
  bool is_shown(const watched_node& n) const;
  std::size_t views() const;

  /// In the order in which they are shown.
  std::vector<actor_line> actors() const;
  std::vector<request_line> requests() const;
  std::vector<node_line> node_lines() const;

 private:
  void type(char32_t key);
  void command(char32_t key);
  void show(view v);
  void look_at_selected();
  void sort();
  static void note(watched_node& of);
  void note_sums();
  std::size_t rows() const;
};

}  // namespace authnz::ctl::top
