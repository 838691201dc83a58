#include "tools/ctl/calibrate_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "actors/password_hash.hpp"

namespace authnz::ctl {

namespace {

using actors::argon2_params;
using actors::password_hasher;

constexpr int no_memory = 3;
constexpr std::uint32_t greatest_memory_kib = 1048576;
constexpr std::uint32_t memory_step_kib = 1024;
// Closer to the target than this is as good as there.
constexpr double near_enough = 0.97;
constexpr int most_guesses = 8;
// A hash that waits longer than it computes does not have its core to itself.
constexpr double waits_much = 1.5;
// On a busy machine more may seem to take less.
constexpr double least_ms_a_step = 1e-6;

struct measurement {
  argon2_params params;
  double milliseconds;  ///< of computing
  double elapsed_ms;    ///< by the clock on the wall
};

std::uint32_t hashers() { return std::max(1U, std::thread::hardware_concurrency()); }

std::string to_text(const argon2_params& p) {
  return "m=" + std::to_string(p.memory_kib) + ",t=" + std::to_string(p.passes) + ",p=" + std::to_string(p.lanes);
}

double ms_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

using several = std::array<double, 5>;

// So that neither the first touch of the memory nor one interruption decides.
double middle(several times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

measurement measured(password_hasher& hasher, const argon2_params& params) {
  constexpr std::array<unsigned char, password_hasher::salt_bytes> salt{};
  several computing{};
  several elapsed{};
  for (std::size_t i = 0; i < computing.size(); ++i) {
    const double computed = ms_of(CLOCK_THREAD_CPUTIME_ID);
    const double begun = ms_of(CLOCK_MONOTONIC);
    hasher.make("a password of average length", salt, params);
    computing[i] = ms_of(CLOCK_THREAD_CPUTIME_ID) - computed;
    elapsed[i] = ms_of(CLOCK_MONOTONIC) - begun;
  }
  return {params, middle(computing), middle(elapsed)};
}

class calibration {
 public:
  explicit calibration(const calibrate_options& o) : target_ms_(o.target_ms), hasher_(o.most_memory_kib) {
    best_ = measure({least_memory_kib, least_passes, 1});
    if (!met()) return;
    increase(&argon2_params::memory_kib, o.most_memory_kib, memory_step_kib);
    if (best_.params.memory_kib + memory_step_kib > o.most_memory_kib)
      increase(&argon2_params::passes, o.most_passes, 1);
  }

  const measurement& best() const { return best_; }
  bool met() const { return best_.milliseconds <= target_ms_; }
  const std::vector<measurement>& all() const { return all_; }

 private:
  measurement measure(const argon2_params& params) {
    std::cerr << "measuring " << to_text(params) << " ... " << std::flush;
    all_.push_back(measured(hasher_, params));
    std::cerr << std::fixed << std::setprecision(1) << all_.back().milliseconds << " ms\n";
    return all_.back();
  }

  /// Raises one parameter of the best, by whole steps and to `most` at most,
  /// as far as the target allows. The time is about proportional to either, so
  /// each guess takes about as long as the target.
  void increase(std::uint32_t argon2_params::*cost, std::uint32_t most, std::uint32_t step) {
    const argon2_params first = best_.params;
    std::uint32_t good = 0;  // steps
    std::uint32_t bad = (most - first.*cost) / step + 1;
    double ms_a_step = best_.milliseconds * step / first.*cost;
    for (int i = 0; i < most_guesses && bad - good > 1 && best_.milliseconds < near_enough * target_ms_; ++i) {
      const double guess = good + (target_ms_ - best_.milliseconds) / ms_a_step;
      const auto next = static_cast<std::uint32_t>(std::clamp<double>(guess, good + 1, bad - 1));
      argon2_params params = first;
      params.*cost += next * step;
      const measurement m = measure(params);
      ms_a_step = std::max((m.milliseconds - best_.milliseconds) / (next - good), least_ms_a_step);
      if (m.milliseconds > target_ms_) {
        bad = next;
      } else {
        good = next;
        best_ = m;
      }
    }
  }

  double target_ms_;
  password_hasher hasher_;
  std::vector<measurement> all_;
  measurement best_{};
};

std::string in_mib(std::uint64_t kib) { return std::to_string((kib + 1023) / 1024) + " MiB"; }

void print_text(const calibration& c, const calibrate_options& o) {
  const argon2_params& best = c.best().params;
  std::cout << "# memory KiB  passes  milliseconds  elapsed\n" << std::fixed << std::setprecision(1);
  for (const auto& m : c.all())
    std::cout << "# " << std::setw(10) << m.params.memory_kib << std::setw(8) << m.params.passes << std::setw(14)
              << m.milliseconds << std::setw(9) << m.elapsed_ms << (m.params == best ? "  chosen" : "") << '\n';
  std::cout << "# Wanted: at most " << o.target_ms << " ms a hash, " << in_mib(o.most_memory_kib) << ", "
            << o.most_passes << " passes.\n"
            << "# The server takes m for each of its hashers: with the default on this machine, hashers=" << hashers()
            << ",\n# that is " << in_mib(std::uint64_t{hashers()} * best.memory_kib) << " beside all else.\n"
            << "AUTHNZERVER_ARGON2=" << to_text(best) << '\n';
}

void print_json(const calibration& c, const calibrate_options& o) {
  using json = nlohmann::ordered_json;
  const auto row = [](const measurement& m) {
    return json{{"memory_kib", m.params.memory_kib},
                {"passes", m.params.passes},
                {"milliseconds", m.milliseconds},
                {"elapsed_milliseconds", m.elapsed_ms}};
  };
  json list = json::array();
  for (const auto& m : c.all()) list.push_back(row(m));
  json out{{"argon2", to_text(c.best().params)}, {"target_milliseconds", o.target_ms}, {"target_met", c.met()}};
  out.update(row(c.best()));
  out["hashers"] = hashers();
  out["hashing_memory_kib"] = std::uint64_t{hashers()} * c.best().params.memory_kib;
  out["measured"] = std::move(list);
  std::cout << out.dump(2) << '\n';
}

void warn(const calibration& c, const calibrate_options& o) {
  if (!c.met())
    std::cerr << "authnzctl: warning: even the least parameters that are safe take longer than " << o.target_ms
              << " ms on this machine; they are proposed all the same\n";
  if (c.best().elapsed_ms > waits_much * c.best().milliseconds)
    std::cerr << "authnzctl: warning: this machine is busy, or its cores are rationed: the hash took "
              << c.best().milliseconds << " ms of computing in " << c.best().elapsed_ms << " ms\n";
  std::cerr << "authnzctl: warning: hashers x m is memory that the server takes, here "
            << in_mib(std::uint64_t{hashers()} * c.best().params.memory_kib) << " with " << hashers() << " hashers\n";
}

// The limit of version 2 control groups, as a container sees its own.
std::optional<std::uint64_t> control_group_bytes() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::uint64_t bytes = 0;
  return file >> bytes ? std::optional(bytes) : std::nullopt;
}

}  // namespace

std::uint32_t affordable_memory_kib() {
  std::uint64_t bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  bytes = std::min(bytes, control_group_bytes().value_or(bytes));
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(bytes / 1024 / 4 / hashers(), least_memory_kib, greatest_memory_kib));
}

int calibrate(const calibrate_options& given) try {
  calibrate_options o = given;
  if (o.most_memory_kib == 0) o.most_memory_kib = affordable_memory_kib();
  const calibration done(o);
  if (o.json)
    print_json(done, o);
  else
    print_text(done, o);
  warn(done, o);
  return 0;
} catch (const std::bad_alloc&) {
  std::cerr << "\nauthnzctl: there is no memory for this; allow less with --memory-kib\n";
  return no_memory;
}

}  // namespace authnz::ctl
