#include "tools/bench/load.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "tools/bench/http_answer.hpp"
#include "tools/bench/socket.hpp"

namespace authnz::bench {

namespace {

using clock = std::chrono::steady_clock;

struct peer {
  descriptor socket;
  std::string_view unsent;
  std::string received;
  clock::time_point due{};
};

class generator {
 public:
  generator(const load_options& o, const request_source& next, const body_check& check)
      : options_(o), next_(next), check_(check), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  bool connect();
  load_result run();

 private:
  void send_due(clock::time_point now);
  void send(std::size_t i, clock::time_point due);
  void push(std::size_t i);
  void receive(std::size_t i);
  void accept_answer(std::size_t i, const answer& a);
  void lose(std::size_t i);
  void wait();
  clock::time_point due(std::uint64_t n) const {
    return begin_ + std::chrono::duration_cast<clock::duration>(
                        std::chrono::duration<double>(static_cast<double>(n) / options_.rate));
  }

  const load_options& options_;
  const request_source& next_;
  const body_check& check_;
  descriptor epoll_;
  std::vector<peer> peers_;
  std::vector<std::size_t> idle_;
  clock::time_point begin_;
  clock::time_point end_;
  std::uint64_t scheduled_ = 0;
  std::uint64_t waiting_ = 0;
  std::array<char, 65536> buffer_{};
  load_result result_;
};

bool generator::connect() {
  for (std::size_t i = 0; i < options_.connections; ++i) {
    auto s = connect_to(options_.host, options_.port);
    if (!s || fcntl(s.get(), F_SETFL, O_NONBLOCK) != 0) return false;
    epoll_event e{};
    e.events = EPOLLIN | EPOLLOUT | EPOLLET;
    e.data.u64 = i;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, s.get(), &e) != 0) return false;
    peers_.push_back({std::move(s), {}, {}, {}});
    idle_.push_back(i);
  }
  return true;
}

load_result generator::run() {
  begin_ = clock::now();
  end_ = begin_ + std::chrono::duration_cast<clock::duration>(options_.duration);
  send_due(begin_);
  constexpr std::chrono::seconds patience{5};
  for (auto now = begin_; now < end_ || (waiting_ > 0 && now < end_ + patience); now = clock::now()) {
    send_due(now);
    if (waiting_ == 0 && idle_.empty()) break;  // all connections are lost
    wait();
  }
  result_.elapsed = clock::now() - begin_;
  result_.broken += waiting_;
  return std::move(result_);
}

void generator::send_due(clock::time_point now) {
  while (!idle_.empty() && now < end_) {
    const auto when = options_.rate > 0 ? due(scheduled_) : now;
    if (when > now || when >= end_) return;
    const auto i = idle_.back();
    idle_.pop_back();
    ++scheduled_;
    send(i, when);
  }
}

void generator::send(std::size_t i, clock::time_point due) {
  auto& p = peers_[i];
  p.unsent = next_();
  p.due = due;
  ++waiting_;
  push(i);
}

void generator::push(std::size_t i) {
  auto& p = peers_[i];
  while (!p.unsent.empty()) {
    const auto n = ::send(p.socket.get(), p.unsent.data(), p.unsent.size(), MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN) lose(i);
      return;
    }
    p.unsent.remove_prefix(static_cast<std::size_t>(n));
  }
}

void generator::receive(std::size_t i) {
  auto& p = peers_[i];
  const auto n = recv(p.socket.get(), buffer_.data(), buffer_.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return lose(i);
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n));
  if (!p.received.empty()) bytes = p.received.append(bytes);
  answer a;
  switch (read_answer(bytes, a)) {
    case reading::broken: return lose(i);
    case reading::complete: accept_answer(i, a); break;
    case reading::incomplete:
      if (p.received.empty()) p.received = bytes;
  }
  if (static_cast<std::size_t>(n) == buffer_.size()) receive(i);
}

void generator::accept_answer(std::size_t i, const answer& a) {
  auto& p = peers_[i];
  const auto now = clock::now();
  result_.latency.record(now - p.due);
  ++result_.statuses[a.status];
  if (a.status == 200 && options_.check_every > 0 && result_.latency.total() % options_.check_every == 1 &&
      !check_(a.body))
    ++result_.failed_checks;
  p.received.clear();
  --waiting_;
  idle_.push_back(i);
  // At once: to wait for the others would make the load come in waves.
  send_due(now);
}

void generator::lose(std::size_t i) {
  auto& p = peers_[i];
  if (!p.socket) return;
  p.socket = {};
  ++result_.broken;
  if (const auto at = std::find(idle_.begin(), idle_.end(), i); at != idle_.end())
    idle_.erase(at);
  else
    --waiting_;
}

void generator::wait() {
  std::array<epoll_event, 256> events{};
  timespec longest{0, 100'000'000};
  if (options_.rate > 0 && !idle_.empty()) {
    const auto left =
        std::clamp<clock::duration>(due(scheduled_) - clock::now(), clock::duration(0), std::chrono::milliseconds(100));
    longest.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  }
  const int n = epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), &longest, nullptr);
  for (int k = 0; k < n; ++k) {
    const auto& e = events[static_cast<std::size_t>(k)];
    const auto i = static_cast<std::size_t>(e.data.u64);
    if (!peers_[i].socket) continue;
    if ((e.events & EPOLLOUT) != 0) push(i);
    if (peers_[i].socket && (e.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(i);
  }
}

}  // namespace

void load_result::add(const load_result& other) {
  for (const auto& [status, n] : other.statuses) statuses[status] += n;
  broken += other.broken;
  failed_checks += other.failed_checks;
  elapsed = std::max(elapsed, other.elapsed);
  latency.add(other.latency);
}

tl::expected<load_result, std::string> run_load(const load_options& options, const request_source& next,
                                                const body_check& check) {
  generator g(options, next, check);
  if (!g.connect())
    return tl::unexpected("cannot connect to " + options.host + " port " + std::to_string(options.port));
  return g.run();
}

}  // namespace authnz::bench
