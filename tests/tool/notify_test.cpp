#include "tools/daemon/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

#include "tests/tool/scratch.hpp"

namespace authnz::daemon {
namespace {

/// Stands in for systemd: gets what is sent to NOTIFY_SOCKET.
class notify_socket {
 public:
  notify_socket() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto name = dir_ / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~notify_socket() {
    ::close(fd_);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
  }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;

  std::string next() const {
    std::array<char, 256> text{};
    const auto got = ::recv(fd_, text.data(), text.size(), 0);
    return got < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(got));
  }

 private:
  scratch dir_;
  int fd_;
};

TEST(notify, tells_systemd_the_state) {
  const notify_socket systemd;
  notify_starting();
  EXPECT_EQ(systemd.next(), "EXTEND_TIMEOUT_USEC=60000000");
  notify_ready();
  EXPECT_EQ(systemd.next(), "READY=1");
  notify_reloading();
  EXPECT_TRUE(systemd.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  notify_stopping();
  EXPECT_EQ(systemd.next(), "STOPPING=1");
}

TEST(notify, is_without_effect_outside_of_systemd) {
  notify_ready();
  EXPECT_FALSE(watchdog_interval());
  const watchdog idle([] { return true; });
}

TEST(notify, watchdog_is_told_at_half_of_its_time) {
  const notify_socket systemd;
  ::setenv("WATCHDOG_USEC", "20000", 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::microseconds(10000));
  const watchdog dog([] { return true; });
  EXPECT_EQ(systemd.next(), "WATCHDOG=1");
  EXPECT_EQ(systemd.next(), "WATCHDOG=1");
}

TEST(notify, watchdog_is_not_told_while_the_server_is_not_alive) {
  const notify_socket systemd;
  ::setenv("WATCHDOG_USEC", "2000", 1);
  std::atomic<int> asked = 0;
  {
    const watchdog dog([&] { return ++asked < 0; });
    while (asked < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  notify_stopping();
  EXPECT_EQ(systemd.next(), "STOPPING=1");
}

}  // namespace
}  // namespace authnz::daemon
