#include "actors/decisions/attempts.hpp"

#include <algorithm>
#include <cmath>

#include "actors/decisions/accounts.hpp"

namespace authnz::actors {

namespace {

constexpr std::chrono::hours counter_life{24};

// A counter whose lock is over, or that was untouched for a day, is as good
// as gone, whether or not the sweeper has been there.
bool is_over(const storage::attempts& a, proto::timestamp now) {
  return a.locked_until ? *a.locked_until <= now : a.last_failure + counter_life <= now;
}

// Whoever replaces or removes the record of a lock tells that it ended: the
// record goes once, and so does the event.
void tell_of_ended_lock(const std::optional<storage::attempts>& before, std::string_view address, finish& end) {
  if (!before || !before->locked_until) return;
  end.audit.push_back({.event = "account.autolock-ended", .target = std::string(address), .always_ok = true});
}

}  // namespace

std::chrono::microseconds hold_after(std::uint32_t failures) {
  const double seconds = std::min(40.0, std::pow(1.5, std::max(1U, failures) - 1.0));
  return std::chrono::microseconds(std::llround(seconds * 1e6));
}

std::optional<proto::timestamp> automatic_lock(const storage::view& store, std::string_view address,
                                               proto::timestamp now) {
  const auto a = storage::find_attempts(store, address);
  if (!a || !a->locked_until || *a->locked_until <= now) return std::nullopt;
  return a->locked_until;
}

std::uint32_t failures_so_far(const storage::view& store, std::string_view address, proto::timestamp now) {
  const auto a = storage::find_attempts(store, address);
  return a && !is_over(*a, now) ? a->failures : 0;
}

std::variant<verdict, step> computed(const context& c, std::string_view password, std::string_view phc) {
  const auto& check = c.known.check;
  // A dummy result stays good whatever the state has become: its path needs
  // no more than one computation. A real one is good for its hash alone.
  if (!check || (!phc.empty() && check->phc != phc)) return step(check_password{password, std::string(phc)});
  return !phc.empty() && check->matched ? verdict::right : verdict::wrong;
}

void count_failure(const context& c, finish& end) {
  const auto before = storage::find_attempts(c.store, c.account);
  const bool goes_on = before && !is_over(*before, c.now);
  if (!goes_on) tell_of_ended_lock(before, c.account, end);
  storage::attempts after;
  after.failures = goes_on ? before->failures + 1 : 1;
  after.last_failure = c.now;
  end.hold = hold_after(after.failures);
  if (after.failures >= c.config.lock_tries) {
    after.locked_until = proto::add_seconds(c.now + end.hold, c.config.lock_seconds);
    end.audit.push_back({.event = "account.autolocked", .target = std::string(c.account), .always_ok = true});
  }
  storage::put_attempts(end.tx, c.account, before, after);
}

void forget_failures(const context& c, std::string_view address, finish& end) {
  const auto before = storage::find_attempts(c.store, address);
  if (!before) return;
  tell_of_ended_lock(before, address, end);
  storage::remove_attempts(end.tx, address, *before);
}

void forget_failures(const context& c, finish& end) { forget_failures(c, c.account, end); }

}  // namespace authnz::actors
