#include "tools/ctl/fsck_report.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "tools/ctl/asking.hpp"

namespace authnz::ctl {

namespace {

constexpr std::chrono::milliseconds between_lines{200};

std::string counted(std::uint64_t n, const char* what) { return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s"); }

}  // namespace

int tell(const fsck_report& found, bool as_json) {
  const bool sound = found.faults == 0;
  if (as_json) {
    print_json({{"sound", sound}, {"records", found.records}, {"faults", found.faults}, {"findings", found.findings}});
    return sound ? exit_done : exit_refused;
  }
  if (sound) {
    std::cout << "sound: " << counted(found.records, "record") << ", nothing wrong\n";
    return exit_done;
  }
  table t({{"SLICE"}, {"KEY"}, {"WHAT IS WRONG"}});
  for (const auto& one : found.findings) {
    const nlohmann::json row = one;
    t.add({cell(row, "slice"), cell(row, "key"), cell(row, "what")});
  }
  print(t);
  std::cout << "NOT sound: " << counted(found.faults, "fault") << " in " << counted(found.records, "record") << '\n';
  if (found.faults > found.findings.size())
    std::cout << "the first " << found.findings.size() << " of them are shown\n";
  return exit_refused;
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.append({digits[byte >> 4U], digits[byte & 15U]});
  }
  return text;
}

fsck_progress::fsck_progress() : on_(::isatty(STDERR_FILENO) == 1) {}

fsck_progress::~fsck_progress() {
  if (width_ != 0) std::cerr << '\r' << std::string(width_, ' ') << '\r' << std::flush;
}

void fsck_progress::show(std::string_view what, std::uint64_t records) {
  const auto now = std::chrono::steady_clock::now();
  if (!on_ || now - last_ < between_lines) return;
  last_ = now;
  auto line = std::string(what) + ": " + counted(records, "record");
  width_ = std::max(width_, line.size());
  line.resize(width_, ' ');
  std::cerr << '\r' << line << std::flush;
}

}  // namespace authnz::ctl
