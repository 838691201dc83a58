/// `authnzctl argon2 calibrate`: which cost of password hashes this machine
/// computes in a given time.
#pragma once

#include <cstdint>

namespace authnz::ctl {

/// Below these no parameters are proposed, whatever the machine (OWASP
/// Password Storage Cheat Sheet: m=19456, t=2, p=1).
inline constexpr std::uint32_t least_memory_kib = 19456;
inline constexpr std::uint32_t least_passes = 2;

struct calibrate_options {
  std::uint32_t target_ms = 100;      ///< of computing, in one thread; what else runs does not count
  std::uint32_t most_memory_kib = 0;  ///< of one hash; 0 = what affordable_memory_kib says
  std::uint32_t most_passes = 64;
  bool json = false;
};

/// A quarter of this machine's memory, or of its control group's, shared among
/// as many hashers as there are cores: at least `least_memory_kib`, at most
/// what the item `argon2` accepts.
std::uint32_t affordable_memory_kib();

/// Measures with the server's own hasher and one lane. Finds the most memory
/// that stays within the target with the least passes, then, if that is all
/// the memory there may be, the most passes (RFC 9106, section 4, prefers
/// memory to passes). Standard output: a table in comments and the line of the
/// configuration, so that it can be appended to a file for --envfile; or JSON.
/// Standard error: progress and warnings. The exit status: 0, also where even
/// the least parameters take longer than the target; 3 without memory.
int calibrate(const calibrate_options& o);

}  // namespace authnz::ctl
