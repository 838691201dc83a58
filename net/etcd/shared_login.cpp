#include "net/etcd/shared_login.hpp"

#include <utility>

namespace authnz::net::etcd {
namespace {

using clock = std::chrono::steady_clock;
using kind = failure::kind;

constexpr std::chrono::milliseconds look_every{50};

}  // namespace

/// Whoever logs in, without the lock. However that ends, others may after it.
class shared_login::stay {
 public:
  stay(std::unique_lock<std::mutex>& lock, place& at, std::condition_variable& changed)
      : lock_(lock), at_(at), changed_(changed) {
    at_.is_taken = true;
    lock_.unlock();
  }
  ~stay() {
    if (!lock_.owns_lock()) lock_.lock();
    at_.is_taken = false;
    changed_.notify_all();
  }
  stay(const stay&) = delete;
  stay& operator=(const stay&) = delete;

 private:
  std::unique_lock<std::mutex>& lock_;
  place& at_;
  std::condition_variable& changed_;
};

shared_login::token shared_login::current() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

outcome<shared_login::token> shared_login::newer_than(std::uint64_t number, std::size_t member, const way& how) {
  const auto end = clock::now() + how.longest_wait;
  std::unique_lock lock(mutex_);
  place& at = places_[member];
  const auto failures = at.failures;
  for (;;) {
    if (token_.number > number) return token_;
    if (at.failures != failures) return tl::unexpected(at.last);
    if (how.is_over())
      return tl::unexpected(failure{kind::not_sent, how.from + "the wait for another login was given up"});
    if (!at.is_taken) return enter(lock, at, how);
    if (clock::now() >= end) return tl::unexpected(failure{kind::not_sent, how.from + "another login takes too long"});
    changed_.wait_for(lock, look_every);
  }
}

outcome<shared_login::token> shared_login::enter(std::unique_lock<std::mutex>& lock, place& at, const way& how) {
  const stay there(lock, at, changed_);
  attempt made = how.log_in();
  lock.lock();
  if (made.token) {
    token_ = {std::move(*made.token), token_.number + 1};
    return token_;
  }
  if (made.is_for_all) {
    at.last = made.token.error();
    ++at.failures;
  }
  return tl::unexpected(std::move(made.token.error()));
}

}  // namespace authnz::net::etcd
