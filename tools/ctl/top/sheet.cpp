#include "tools/ctl/top/sheet.hpp"

#include <algorithm>
#include <span>

#include "tools/ctl/table.hpp"
#include "tools/ctl/units.hpp"

namespace authnz::ctl::top {

namespace {

constexpr std::size_t margin = 2;
constexpr std::size_t name_width = 24;
constexpr std::size_t value_width = 12;

using lines = std::vector<drawn_line>;

/// Of one name beneath one heading, in all sheets.
struct figure {
  std::string heading;
  std::string name;
  bool is_heading = false;
  bool operator==(const figure&) const = default;
};

/// What any of the sheets has, each behind what it follows there.
std::vector<figure> figures_of(std::span<const named_sheet> all) {
  std::vector<figure> out;
  for (const auto& one : all) {
    std::string heading;
    auto next = out.begin();
    for (const auto& line : one.figures.lines()) {
      if (line.is_heading) heading = line.name;
      const figure wanted{heading, line.name, line.is_heading};
      const auto found = std::ranges::find(out, wanted);
      next = (found == out.end() ? out.insert(next, wanted) : found) + 1;
    }
  }
  return out;
}

const sheet::line* find_line(const sheet& s, const figure& wanted) {
  const std::string* heading = nullptr;
  for (const auto& line : s.lines()) {
    if (line.is_heading)
      heading = &line.name;
    else if (heading != nullptr && *heading == wanted.heading && line.name == wanted.name)
      return &line;
  }
  return nullptr;
}

drawn_line heading_line(std::span<const named_sheet> some, const std::string& heading) {
  auto text = fitted(heading, margin + name_width);
  for (const auto& one : some) text += " " + fitted(printable(one.node), value_width, align::right);
  return {text, emphasis::faint};
}

drawn_line figure_line(std::span<const named_sheet> some, const figure& wanted) {
  std::string values;
  bool remarkable = false;
  for (const auto& one : some) {
    const auto* const line = find_line(one.figures, wanted);
    values += " " + fitted(line == nullptr ? "-" : printable(line->value), value_width, align::right);
    remarkable = remarkable || (line != nullptr && line->is_remarkable());
  }
  return {(remarkable ? "! " : "  ") + fitted(printable(wanted.name), name_width) + values,
          remarkable ? emphasis::warning : emphasis::none};
}

}  // namespace

void sheet::heading(const std::string& text, const std::string& above_values, const std::string& above_remarks) {
  lines_.push_back({true, text, above_values, above_remarks, {}});
}

void sheet::row(const std::string& name, const std::string& value, const std::string& remark) {
  lines_.push_back({false, name, value, remark, {}});
}

void sheet::bars(const std::string& name, const std::string& value, const std::string& key) {
  lines_.push_back({false, name, value, {}, key});
}

void sheet::count(const std::string& name, const char* pointer) { row(name, shown_count(node_->look.total(pointer))); }

void sheet::times(const std::string& name, const time_taken& t) {
  row(name + " p50", t.events == 0 ? "-" : shown_duration(t.p50));
  row(name + " p99", t.events == 0 ? "-" : shown_duration(t.p99));
}

std::vector<drawn_line> drawn(const sheet& s, const canvas& on) {
  constexpr auto used = margin + name_width + value_width + 2;
  const auto width = on.width > used ? std::min(series::most, on.width - used) : 0;
  const auto& history = s.node().history;
  lines out;
  for (const auto& line : s.lines()) {
    if (line.is_heading) {
      if (!out.empty()) out.push_back({});
      auto text = line.name;
      if (!line.value.empty())
        text = fitted(text, margin + name_width) + fitted(line.value, value_width, align::right) + "  " + line.remark;
      out.push_back({text, emphasis::faint});
      continue;
    }
    auto remark = line.remark;
    if (const auto at = history.find(line.key); at != history.end())
      remark = sparkline(at->second.values(), width, on.ascii);
    out.push_back({"  " + fitted(line.name, name_width) + fitted(line.value, value_width, align::right) +
                       (remark.empty() ? "" : "  " + remark),
                   line.is_remarkable() ? emphasis::warning : emphasis::none});
  }
  return out;
}

std::vector<drawn_line> drawn_side_by_side(const std::vector<named_sheet>& all, const canvas& on) {
  const auto room = on.width > margin + name_width ? on.width - margin - name_width : 0;
  const auto columns = std::max<std::size_t>(room / (value_width + 1), 1);
  const auto figures = figures_of(all);
  lines out;
  for (std::size_t at = 0; at < all.size(); at += columns) {
    const auto some = std::span(all).subspan(at, std::min(columns, all.size() - at));
    for (const auto& one : figures) {
      if (one.is_heading && !out.empty()) out.push_back({});
      out.push_back(one.is_heading ? heading_line(some, one.heading) : figure_line(some, one));
    }
  }
  return out;
}

}  // namespace authnz::ctl::top
