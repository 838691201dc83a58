/// Password checks: one computation on every path, counted failures, holds,
/// the automatic lock (contract, section 5).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/step.hpp"
#include "storage/attempts_store.hpp"

namespace authnz::actors {

/// How long the answer to failure number `failures` (from 1) is held:
/// 1.5^(failures-1) s, at most 40 s.
std::chrono::microseconds hold_after(std::uint32_t failures);

/// The end of the account's automatic lock, while it lasts.
std::optional<proto::timestamp> automatic_lock(const storage::view& store, std::string_view address,
                                               proto::timestamp now);
/// The account's counter; 0 when it has been forgotten.
std::uint32_t failures_so_far(const storage::view& store, std::string_view address, proto::timestamp now);

/// What the one computation of an attempt says.
enum class verdict : std::uint8_t { right, wrong };

/// The result of a computation against `phc`, empty for a dummy one; or the
/// step that computes it, where it has not been done.
std::variant<verdict, step> computed(const context& c, std::string_view password, std::string_view phc);

/// Counts a failure of the account: its write, the hold, and, where it is one
/// too many, the lock.
void count_failure(const context& c, finish& end);
/// Removes an account's counter and automatic lock. The end of a lock, whether
/// or not its time has come, is audited.
void forget_failures(const context& c, std::string_view address, finish& end);
/// The password was right: the same for the account of the lane.
void forget_failures(const context& c, finish& end);

}  // namespace authnz::actors
