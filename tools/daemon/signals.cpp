#include "tools/daemon/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace authnz::daemon {
namespace {

sigset_t watched_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void block_signals() noexcept {
  const auto set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

tl::expected<std::unique_ptr<signal_watch>, std::string> signal_watch::start(signal_actions actions) {
  const auto set = watched_signals();
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signals >= 0 && wake >= 0)
    return std::unique_ptr<signal_watch>(new signal_watch(signals, wake, std::move(actions)));
  const int error = errno;
  if (signals >= 0) ::close(signals);
  if (wake >= 0) ::close(wake);
  return tl::unexpected("signals cannot be waited for: " + std::generic_category().message(error));
}

signal_watch::signal_watch(int signals, int wake, signal_actions actions)
    : signals_(signals), wake_(wake), actions_(std::move(actions)), thread_([this] { run(); }) {}

signal_watch::~signal_watch() {
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
  ::close(signals_);
}

void signal_watch::run() {
  std::array<pollfd, 2> waiting{pollfd{signals_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  while (true) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    if (waiting[1].revents != 0) return;
    signalfd_siginfo got{};
    if (::read(signals_, &got, sizeof got) == static_cast<ssize_t>(sizeof got)) act_on(static_cast<int>(got.ssi_signo));
  }
}

void signal_watch::act_on(int signal) {
  if (signal == SIGHUP) {
    if (!stopping_) actions_.reload();
    return;
  }
  if (std::exchange(stopping_, true)) ::_exit(1);
  actions_.stop();
}

}  // namespace authnz::daemon
