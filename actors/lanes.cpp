#include "actors/lanes.hpp"

#include <algorithm>

namespace authnz::actors {

std::uint32_t lanes::seconds_until(clock::time_point until, clock::time_point now) {
  const auto rest = std::chrono::ceil<std::chrono::seconds>(until - now).count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, rest));
}

lanes::entry lanes::enter(const std::string& account, const pending_ptr& who, clock::time_point now) {
  const auto [at, is_new] = lanes_.try_emplace(account);
  lane& l = at->second;
  if (is_new) {
    l.evaluating = who;
    return {admission::evaluate};
  }
  if (l.held && l.waiting.size() >= most_waiting) return {admission::refuse, seconds_until(l.until, now)};
  l.waiting.push_back(who);
  return {admission::wait};
}

pending_ptr lanes::advance(lane& l) {
  l.held.reset();
  l.evaluating.reset();
  if (l.waiting.empty()) return nullptr;
  pending_ptr next = std::move(l.waiting.front());
  l.waiting.pop_front();
  l.evaluating = next;
  return next;
}

pending_ptr lanes::leave(const std::string& account) {
  const auto at = lanes_.find(account);
  if (at == lanes_.end()) return nullptr;
  pending_ptr next = advance(at->second);
  if (!next) lanes_.erase(at);
  return next;
}

std::vector<pending_ptr> lanes::hold(const std::string& account, pending_ptr who, clock::time_point until) {
  lane& l = lanes_[account];
  l.held = std::move(who);
  l.until = until;
  std::vector<pending_ptr> refused;
  while (l.waiting.size() > most_waiting) {
    refused.push_back(std::move(l.waiting.back()));
    l.waiting.pop_back();
  }
  return refused;
}

std::vector<lanes::released> lanes::release(clock::time_point now) {
  std::vector<released> out;
  for (auto at = lanes_.begin(); at != lanes_.end();) {
    lane& l = at->second;
    const bool over = l.held ? l.until <= now : l.evaluating.expired();
    if (!over) {
      ++at;
      continue;
    }
    released r{at->first, l.held, nullptr};
    r.next = advance(l);
    at = r.next ? std::next(at) : lanes_.erase(at);
    out.push_back(std::move(r));
  }
  return out;
}

std::optional<lanes::clock::time_point> lanes::next_release() const {
  std::optional<clock::time_point> next;
  for (const auto& [account, l] : lanes_)
    if (l.held && (!next || l.until < *next)) next = l.until;
  return next;
}

}  // namespace authnz::actors
