/// Asking etcd again while no member answers.
#pragma once

#include <chrono>
#include <thread>

#include "net/etcd/client.hpp"

namespace authnz::net::cluster {

/// For half a minute. Only for what may be done twice.
template <class Ask>
auto ask_patiently(const Ask& ask) -> decltype(ask()) {
  using etcd::failure;
  constexpr std::chrono::seconds longest(30);
  constexpr std::chrono::milliseconds rest(250);
  const auto end = std::chrono::steady_clock::now() + longest;
  for (;;) {
    auto answer = ask();
    if (answer || std::chrono::steady_clock::now() > end) return answer;
    const auto why = answer.error().what;
    if (why != failure::kind::not_sent && why != failure::kind::unknown) return answer;
    std::this_thread::sleep_for(rest);
  }
}

}  // namespace authnz::net::cluster
