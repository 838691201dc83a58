#include "net/link_broker.hpp"

#include <unistd.h>

#include <atomic>
#include <caf/io/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/doorman.hpp>
#include <future>
#include <set>

namespace authnz::net {
namespace {

// A question's own time-out is shorter. This one ends links that nobody uses.
constexpr caf::timespan heartbeat{std::chrono::milliseconds(500)};
constexpr caf::timespan longest_silence{std::chrono::seconds(10)};
constexpr std::chrono::seconds longest_start{5};
// CAF makes the handles of its own doormen from descriptors, which are smaller.
// Each is used once: one that closes may be known a moment longer than its port.
std::atomic<std::int64_t> next_handle{std::int64_t{1} << 40};

caf::actor broker_of(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

caf::io::network::multiplexer& loop_of(caf::actor_system& system) { return system.middleman().backend(); }

}  // namespace

void load_links(caf::actor_system_config& config) {
  config.load<caf::io::middleman>();
  config.set("middleman.heartbeat-interval", heartbeat);
  config.set("middleman.connection-timeout", longest_silence);
  config.set("middleman.enable-automatic-connections", false);
}

class link_entrance::doorman final : public caf::io::doorman {
 public:
  doorman(caf::io::network::multiplexer& loop, std::uint16_t port)
      : caf::io::doorman(caf::io::accept_handle::from_int(next_handle++)), loop_(loop), port_(port) {}

  std::future<void> launched() { return launched_.get_future(); }

  // On the loop's thread.
  void admit(int socket) {
    if (detached()) {
      ::close(socket);
      return;
    }
    auto scribe = loop_.new_scribe(socket);
    const auto connection = scribe->hdl();
    parent()->add_scribe(std::move(scribe));
    caf::io::doorman::new_connection(&loop_, connection);
  }

  void launch() override { launched_.set_value(); }
  void graceful_shutdown() override {
    if (!detached()) detach(&loop_, false);
  }
  bool new_connection() override { return false; }
  std::uint16_t port() const override { return port_; }
  std::string addr() const override { return {}; }
  void add_to_loop() override {}
  void remove_from_loop() override {}

 private:
  caf::io::network::multiplexer& loop_;
  std::uint16_t port_;
  std::promise<void> launched_;
};

link_entrance::link_entrance(caf::actor_system& system, caf::intrusive_ptr<caf::ref_counted> inside)
    : system_(&system), inside_(std::move(inside)) {}

tl::expected<link_entrance, std::string> link_entrance::open(caf::actor_system& system, caf::strong_actor_ptr whom,
                                                             std::set<std::string> types, std::uint16_t port) {
  const auto made = caf::make_counted<doorman>(loop_of(system), port);
  auto launched = made->launched();
  caf::anon_send(broker_of(system), caf::publish_atom::value, caf::io::doorman_ptr(made), port, std::move(whom),
                 std::move(types));
  if (launched.wait_for(longest_start) != std::future_status::ready)
    return tl::unexpected(std::string("CAF's network layer does not start"));
  return link_entrance(system, made);
}

void link_entrance::admit(int socket) {
  loop_of(*system_).post([inside = inside_, socket] { static_cast<doorman&>(*inside).admit(socket); });
}

void link_entrance::close() {
  if (!inside_) return;
  loop_of(*system_).post([inside = std::move(inside_)] { static_cast<doorman&>(*inside).graceful_shutdown(); });
  inside_ = nullptr;
}

tl::expected<actors::inspection_door, std::string> greet(caf::actor_system& system, int socket,
                                                         std::chrono::milliseconds longest) {
  tl::expected<actors::inspection_door, std::string> result;
  const caf::scoped_actor self(system);
  caf::io::scribe_ptr scribe = loop_of(system).new_scribe(socket);
  self->request(broker_of(system), longest, caf::connect_atom::value, std::move(scribe), std::uint16_t{0})
      .receive(
          [&](caf::node_id&, caf::strong_actor_ptr& door, std::set<std::string>& interface) {
            if (door && system.assignable(interface, system.message_types<actors::inspection_door>()))
              result = caf::actor_cast<actors::inspection_door>(door);
          },
          [&](const caf::error& why) { result = tl::unexpected(system.render(why)); });
  return result;
}

void greet(caf::event_based_actor* self, int socket, std::chrono::milliseconds longest, std::set<std::string> types,
           const std::function<void(tl::expected<caf::strong_actor_ptr, std::string>)>& then) {
  auto& system = self->system();
  caf::io::scribe_ptr scribe = loop_of(system).new_scribe(socket);
  self->request(broker_of(system), longest, caf::connect_atom::value, std::move(scribe), std::uint16_t{0})
      .then(
          [&system, types = std::move(types), then](caf::node_id&, caf::strong_actor_ptr& door,
                                                    std::set<std::string>& interface) {
            const bool fits = door && system.assignable(interface, types);
            then(fits ? std::move(door) : caf::strong_actor_ptr());
          },
          [&system, then](const caf::error& why) { then(tl::unexpected(system.render(why))); });
}

}  // namespace authnz::net
