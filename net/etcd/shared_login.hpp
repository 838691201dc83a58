/// The login to etcd that the clients of one process share. Its token is good at
/// every member, until one of them throws it away: then one client logs in there
/// for all of them. etcd pays a tenth of a second of a core for each login, so
/// that many at once would hold up those who wait for them.
///
/// From any thread. Of one user, at one etcd.
///
/// Source: etcd's "Authentication" design document; simple tokens end at each
/// member five minutes after they were last used there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "net/etcd/client.hpp"

namespace authnz::net::etcd {

class shared_login {
 public:
  struct token {
    std::string text;          ///< empty: etcd asks for no user
    std::uint64_t number = 0;  ///< each is greater than those before; 0 = there was no login yet
  };

  /// The newest that is known.
  token current() const;

  struct attempt {
    outcome<std::string> token;
    bool is_for_all = true;  ///< false: it failed for a reason of the client's own
  };
  /// How a client waits for the login of another, and logs in itself.
  struct way {
    std::string from;  ///< what its errors begin with
    std::function<attempt()> log_in;
    std::function<bool()> is_over;  ///< whether it is to wait no more; asked every 50 ms
    std::chrono::milliseconds longest_wait{0};
  };

  /// A token that is newer than the one of that number. If another client logs in
  /// at that member, it waits for what comes of that, and fails as that does;
  /// logins at different members do not wait for each other.
  outcome<token> newer_than(std::uint64_t number, std::size_t member, const way& how);

 private:
  struct place {
    bool is_taken = false;
    std::uint64_t failures = 0;
    failure last = {};
  };
  class stay;

  outcome<token> enter(std::unique_lock<std::mutex>& lock, place& at, const way& how);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  token token_;
  std::map<std::size_t, place> places_;  ///< by member
};

}  // namespace authnz::net::etcd
