/// One io thread: its connections, its crypto contexts, its one timer.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/allowed_hosts.hpp"
#include "net/connection.hpp"
#include "net/listener.hpp"
#include "net/mailbox.hpp"
#include "net/socket_connection.hpp"
#include "net/tickets.hpp"
#include "proto/envelope.hpp"

namespace authnz::net {

/// What the workers of a listener share. Outlives them.
struct worker_surroundings {
  const listener_options& options;
  const allowed_hosts& hosts;
  actors::ingress& door;
  proto::replay_memory& replays;
  listener_stats& stats;
};

class io_worker {
 public:
  /// Throws std::runtime_error where OpenSSL lacks what envelopes need.
  io_worker(const worker_surroundings& around, const proto::keyring_ptr& keys,
            std::shared_ptr<boost::asio::ssl::context> tls);
  ~io_worker();  ///< stops
  io_worker(const io_worker&) = delete;
  io_worker& operator=(const io_worker&) = delete;

  /// Begins to run its thread.
  void start();
  /// Ends the thread and closes all. What is answered later is dropped.
  void stop();
  boost::asio::io_context& context() noexcept { return mailbox_->context(); }

  // From here on only on the io thread.

  void adopt(tcp_socket&& socket);
  /// From now on every answer says that it is its connection's last.
  void drain();
  /// Ends the connections that have brought no request.
  void end_idle();
  void set_keys(const proto::keyring_ptr& keys);
  void set_item_limits(const proto::item_limits& limits) { limits_ = limits; }
  void set_tls(std::shared_ptr<boost::asio::ssl::context> tls) { tls_ = std::move(tls); }

  // For the connections.

  const listener_options& options() const noexcept { return around_.options; }
  const allowed_hosts& hosts() const noexcept { return around_.hosts; }
  bool is_leaving() const noexcept { return draining_ || around_.door.is_leaving(); }
  /// The moment that lies `time` ahead, as the sweep will see it.
  connection::clock::time_point after(std::chrono::milliseconds time) const { return now_ + time + sweep_every_; }
  /// Of a `Date` field; valid until the next call.
  std::string_view date();
  /// Valid until the next call; nothing when it fails.
  std::optional<std::string_view> seal(std::string_view answer, const proto::key_ptr& key);
  /// Acts on a complete request that its head did not rule out: fills in the
  /// slot now, or gives it a ticket and settles it later.
  void act(connection& from, std::uint64_t position, answer_slot& slot, std::string_view body);
  void orphan(std::uint64_t ticket) { tickets_.orphan(ticket); }
  /// Counts as parting, no longer as open.
  void release(connection& c);
  /// Is closed, and kept no longer.
  void forget(connection& c);

  void count_refusal(proto::http_status status);
  void count_timeout() { count(around_.stats.timed_out); }
  void handshake_failed(std::string_view reason);

 private:
  using timer = boost::asio::basic_waitable_timer<connection::clock, boost::asio::wait_traits<connection::clock>,
                                                  boost::asio::io_context::executor_type>;

  static void count(listener_stats::counter& c) { c.fetch_add(1, std::memory_order_relaxed); }
  void report(listener_event event, std::string_view detail) const;

  void sweep();
  void read_mail(std::vector<mailbox::item>& burst);
  void count_answer(proto::http_status status);
  proto::exchange_ptr open_exchange(connection& from, std::uint64_t position, answer_slot& slot);
  void act_on_envelope(connection& from, std::uint64_t position, answer_slot& slot, std::string_view body);
  void check_health(connection& from, std::uint64_t position, answer_slot& slot);
  void submit_with_others(proto::exchange_ptr&& ex);
  void follow(proto::exchange& ex, answer_slot& slot, proto::trace::clock::time_point read_at);
  bool is_first_use(const proto::opened& token, std::int64_t now);

  const worker_surroundings& around_;
  std::shared_ptr<mailbox> mailbox_ = std::make_shared<mailbox>();
  std::shared_ptr<boost::asio::ssl::context> tls_;
  proto::item_limits limits_;
  proto::envelope envelope_;
  tickets tickets_;
  std::vector<std::shared_ptr<connection>> connections_;
  std::vector<proto::exchange_ptr> opened_;           // not yet submitted
  std::vector<std::shared_ptr<connection>> touched_;  // by a burst of answers
  std::chrono::milliseconds sweep_every_;
  timer timer_;
  connection::clock::time_point now_ = connection::clock::now();  // as of the last sweep
  std::chrono::sys_seconds dated_{};
  std::string date_;
  std::string sealed_;
  bool draining_ = false;
  std::thread thread_;
};

}  // namespace authnz::net
