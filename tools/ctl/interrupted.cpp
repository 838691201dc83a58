#include "tools/ctl/interrupted.hpp"

#include <csignal>
#include <thread>

namespace authnz::ctl {

namespace {

volatile std::sig_atomic_t signalled = 0;

void note(int) { signalled = 1; }

}  // namespace

interruption::interruption() {
  signalled = 0;
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
}

interruption::~interruption() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool interruption::came() noexcept { return signalled != 0; }

void interruption::sleep(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds nap{50};
  const auto until = std::chrono::steady_clock::now() + time;
  while (!came() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(nap);
}

}  // namespace authnz::ctl
