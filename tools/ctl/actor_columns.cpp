#include "tools/ctl/actor_columns.hpp"

#include "tools/ctl/units.hpp"

namespace authnz::ctl {

namespace {

using A = const actor_line&;
using R = const request_line&;

double us(std::chrono::microseconds t) { return static_cast<double>(t.count()); }
double n(std::uint64_t count) { return static_cast<double>(count); }
std::string if_any(std::uint64_t count) { return count == 0 ? "-" : shown_count(count); }
std::string if_any(std::chrono::microseconds t, std::uint64_t events) { return events == 0 ? "-" : shown_duration(t); }

constexpr auto L = align::left;
constexpr auto N = align::right;

}  // namespace

// One column a line.
// clang-format off
std::vector<line_column<actor_line>> actor_columns() {
  return {
      {"node", "NODE", L, [](A a) { return a.node; }, nullptr, 6},
      {"actor", "ACTOR", L, [](A a) { return a.actor; }, nullptr, 0},
      {"kind", "KIND", L, [](A a) { return a.kind; }, nullptr, 8},
      {"shard", "SHARD", N, [](A a) { return std::to_string(a.shard); }, [](A a) { return n(a.shard); }, 8},
      {"state", "STATE", L, [](A a) { return a.state; }, nullptr, 0},
      {"age", "AGE", N, [](A a) { return shown_age(a.age); }, [](A a) { return n(static_cast<std::uint64_t>(a.age.count())); }, 4},
      {"restarts", "RESTARTS", N, [](A a) { return if_any(a.restarts); }, [](A a) { return n(a.restarts); }, 3},
      {"in-flight", "IN-FLIGHT", N, [](A a) { return shown_count(a.in_flight); }, [](A a) { return n(a.in_flight); }, 1},
      {"peak", "PEAK", N, [](A a) { return shown_count(a.peak); }, [](A a) { return n(a.peak); }, 5},
      {"waiting", "WAITING", N, [](A a) { return shown_count(a.waiting); }, [](A a) { return n(a.waiting); }, 2},
      {"oldest", "OLDEST", N, [](A a) { return a.oldest.count() == 0 ? std::string("-") : shown_duration(a.oldest); }, [](A a) { return us(a.oldest); }, 2},
      {"handled", "HANDLED/S", N, [](A a) { return shown_rate(a.rate); }, [](A a) { return a.rate; }, 1},
      {"failures", "FAILED", N, [](A a) { return if_any(a.failed); }, [](A a) { return n(a.failed); }, 3},
      {"wait-p50", "WAIT-P50", N, [](A a) { return if_any(a.wait.p50, a.wait.events); }, [](A a) { return us(a.wait.p50); }, 5},
      {"wait-p99", "WAIT-P99", N, [](A a) { return if_any(a.wait.p99, a.wait.events); }, [](A a) { return us(a.wait.p99); }, 4},
      {"service-p50", "SERV-P50", N, [](A a) { return if_any(a.service.p50, a.service.events); }, [](A a) { return us(a.service.p50); }, 4},
      {"service-p99", "SERV-P99", N, [](A a) { return if_any(a.service.p99, a.service.events); }, [](A a) { return us(a.service.p99); }, 2},
      {"memory", "MEMORY", N, [](A a) { return a.memory ? shown_bytes(*a.memory) : std::string("-"); }, [](A a) { return n(a.memory.value_or(0)); }, 5},
      {"last", "LAST", L, [](A a) { return a.last_request.empty() ? std::string("-") : a.last_request; }, nullptr, 6},
      {"error", "LAST-ERROR", L, [](A a) { return a.last_error.empty() ? std::string("-") : a.last_error; }, nullptr, 7},
  };
}

std::vector<line_column<request_line>> request_columns() {
  return {
      {"node", "NODE", L, [](R r) { return r.node; }, nullptr, 6},
      {"request", "REQUEST", L, [](R r) { return r.request; }, nullptr, 0},
      {"rate", "REQ/S", N, [](R r) { return shown_rate(r.rate); }, [](R r) { return r.rate; }, 0},
      {"answered", "ANSWERED", N, [](R r) { return shown_count(r.answered); }, [](R r) { return n(r.answered); }, 1},
      {"failures", "FAILED", N, [](R r) { return if_any(r.failed); }, [](R r) { return n(r.failed); }, 1},
      {"limited", "LIMITED", N, [](R r) { return if_any(r.limited); }, [](R r) { return n(r.limited); }, 2},
      {"unavailable", "UNAVAILABLE", N, [](R r) { return if_any(r.unavailable); }, [](R r) { return n(r.unavailable); }, 3},
      {"p50", "P50", N, [](R r) { return if_any(r.duration.p50, r.duration.events); }, [](R r) { return us(r.duration.p50); }, 1},
      {"p99", "P99", N, [](R r) { return if_any(r.duration.p99, r.duration.events); }, [](R r) { return us(r.duration.p99); }, 1},
  };
}

// clang-format on

}  // namespace authnz::ctl
