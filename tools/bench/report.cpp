#include "tools/bench/report.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace authnz::bench {

namespace {

double microseconds(histogram::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

void print_faults(std::ostream& out, const std::string& name, const load_result& r) {
  for (const auto& [status, n] : r.statuses)
    if (status != 200) out << name << ": " << n << " answers with status " << status << '\n';
  if (r.broken > 0) out << name << ": " << r.broken << " requests without an answer\n";
  if (r.failed_checks > 0) out << name << ": " << r.failed_checks << " answers that are wrong\n";
}

void print_row(std::ostream& out, const series& s) {
  const auto [low, high] = std::minmax_element(s.rates.begin(), s.rates.end());
  out << std::left << std::setw(8) << s.name << std::right << std::setprecision(0) << std::setw(10) << *low
      << std::setw(10) << median(s.rates) << std::setw(10) << *high;
  for (const double q : {0.5, 0.99, 0.999}) out << std::setw(10) << microseconds(s.all.latency.quantile(q));
  out << std::setprecision(1) << std::setw(13) << median(s.cpu) << '\n';
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void print(std::ostream& out, const load_result& r) {
  out << std::fixed << std::setprecision(0) << "answers     " << r.latency.total() << '\n'
      << "requests/s  " << r.per_second() << '\n';
  for (const auto& [name, q] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1.0}})
    out << std::left << std::setw(12) << name << microseconds(r.latency.quantile(q)) << " us\n";
  for (const auto& [status, n] : r.statuses) out << "status " << status << "  " << n << '\n';
  if (r.broken > 0) out << "unanswered  " << r.broken << '\n';
  if (r.failed_checks > 0) out << "wrong       " << r.failed_checks << '\n';
}

void print(std::ostream& out, const series& server, const series& bare) {
  out << std::fixed << "               requests/s                    latency, us                 CPU, us\n"
      << "               min    median       max       p50       p99     p99.9    a request\n";
  print_row(out, server);
  print_row(out, bare);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < server.rates.size(); ++i) ratios.push_back(server.rates[i] / bare.rates[i]);
  out << server.name << '/' << bare.name << ' ' << std::setprecision(3) << median(ratios) << " (median of "
      << ratios.size() << " pairs)\n";
  print_faults(out, server.name, server.all);
  print_faults(out, bare.name, bare.all);
}

}  // namespace authnz::bench
