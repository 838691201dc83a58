/// A sheet of figures: names and values under headings, of one node with their
/// course and remarks, or of several nodes in columns beside each other.
#pragma once

#include <string>
#include <vector>

#include "tools/ctl/top/model.hpp"
#include "tools/ctl/top/render.hpp"

namespace authnz::ctl::top {

class sheet {
 public:
  /// The figures are of `n`, which must live as long.
  explicit sheet(const watched_node& n) : node_(&n) {}

  void heading(const std::string& text, const std::string& above_values = {}, const std::string& above_remarks = {});
  /// A remark that begins with `!` deserves attention.
  void row(const std::string& name, const std::string& value, const std::string& remark = {});
  /// With what is in the history under `key`.
  void bars(const std::string& name, const std::string& value, const std::string& key);
  void count(const std::string& name, const char* pointer);
  void times(const std::string& name, const time_taken& t);

  struct line {
    bool is_heading = false;
    std::string name;
    std::string value;
    std::string remark;
    std::string key;  ///< of the history; empty = none
    bool is_remarkable() const { return remark.starts_with('!'); }
  };
  const std::vector<line>& lines() const { return lines_; }
  const watched_node& node() const { return *node_; }

 private:
  const watched_node* node_;
  std::vector<line> lines_;
};

std::vector<drawn_line> drawn(const sheet& s, const canvas& on);

struct named_sheet {
  std::string node;
  sheet figures;  ///< without lines where none are known
};

/// As many columns as fit; those of further nodes below them. What is
/// remarkable on any node has a `!` before its line.
std::vector<drawn_line> drawn_side_by_side(const std::vector<named_sheet>& all, const canvas& on);

}  // namespace authnz::ctl::top
