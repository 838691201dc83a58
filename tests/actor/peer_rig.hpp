/// Nodes with links between them, in one process, and a relay that can cut or
/// silence the links.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio.hpp>
#include <caf/all.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/certificate_folder.hpp"
#include "net/cluster/peers.hpp"
#include "net/link_broker.hpp"
#include "tests/actor/link_rig.hpp"

namespace authnz::tests {

/// A cluster's certificates, removed at the end.
class cluster_folder {
 public:
  cluster_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "peers-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
    if (const auto made = net::make_cluster_folder(path_, {"first", {}}, this_second()); !made)
      ADD_FAILURE() << made.error();
  }
  ~cluster_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  cluster_folder(const cluster_folder&) = delete;
  cluster_folder& operator=(const cluster_folder&) = delete;

  net::link_identity of(const std::string& node) const {
    const auto where = path_ / node;
    if (!std::filesystem::exists(where))
      if (const auto made = net::issue(path_, {net::certificate_role::peer, node, {}, where}, this_second()); !made)
        ADD_FAILURE() << made.error();
    auto read = net::read_identity(where, net::certificate_role::peer, this_second());
    if (!read) ADD_FAILURE() << read.error();
    return read ? std::move(*read) : net::link_identity();
  }

 private:
  std::filesystem::path path_;
};

/// Who is registered.
class roll {
 public:
  void add(const std::string& node, const std::string& link) {
    const std::lock_guard lock(mutex_);
    std::erase_if(members_, [&](const auto& m) { return m.node == node; });
    members_.push_back({node, link});
  }
  void remove(const std::string& node) {
    const std::lock_guard lock(mutex_);
    std::erase_if(members_, [&](const auto& m) { return m.node == node; });
  }
  std::unique_ptr<net::cluster::member_source> source() {
    struct reader : net::cluster::member_source {
      explicit reader(roll& r) : from(r) {}
      std::optional<std::vector<net::cluster::linked_member>> read() override {
        const std::lock_guard lock(from.mutex_);
        return from.members_;
      }
      roll& from;
    };
    return std::make_unique<reader>(*this);
  }

 private:
  std::mutex mutex_;
  std::vector<net::cluster::linked_member> members_;
};

inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

inline net::cluster::peer_pace in_a_hurry() {
  using std::chrono::milliseconds;
  return {.look = milliseconds(30),
          .keep = milliseconds(300),
          .first_pause = milliseconds(10),
          .longest_pause = milliseconds(100)};
}

/// A node, reached by its peers as its `take` answers `NODE took TEXT`.
class linked_node {
 public:
  linked_node(std::string name, const net::link_identity& identity, roll& registered,
              const std::string& cluster = "cluster-1", std::uint16_t port = 0)
      : name_(std::move(name)), roll_(registered) {
    net::cluster::peer_options o;
    o.self = {cluster, name_, "session"};
    o.port = port;
    o.pace = in_a_hurry();
    o.on_event = [this](net::cluster::peer_event what, const std::string& node, const std::string& why) {
      const std::lock_guard lock(mutex_);
      events_.push_back({what, node, why});
    };
    links = std::make_unique<net::cluster::peers>(std::move(o));
    net::cluster::peer_service service;
    service.take = [this](const std::string& packed, const std::function<void(std::string)>& reply) {
      ++taken_;
      std::thread([reply, text = name_ + " took " + packed] { reply(text); }).join();
    };
    service.hand = [this](const std::string& packed) {
      const std::lock_guard lock(mutex_);
      handed_.push_back(packed);
    };
    service.inspector = [this] { return inspector; };
    const auto started = links->start(system, identity, registered.source(), std::move(service));
    EXPECT_TRUE(started) << started.error();
  }
  ~linked_node() {
    links->stop();
    caf::anon_send_exit(inspector, caf::exit_reason::user_shutdown);
  }
  linked_node(const linked_node&) = delete;
  linked_node& operator=(const linked_node&) = delete;

  linked_node& enter() {
    roll_.add(name_, "127.0.0.1:" + std::to_string(links->port()));
    return *this;
  }
  actors::peer_door door_of(const std::string& node) const {
    for (const auto& other : links->current()->others)
      if (other.node == node) return other.door;
    return {};
  }
  bool knows(const std::string& node) const {
    for (const auto& other : links->current()->others)
      if (other.node == node) return true;
    return false;
  }
  bool linked_to(const std::string& node) const { return static_cast<bool>(door_of(node)); }
  /// The answer, or the error.
  template <class Atom, class... Texts>
  std::string request(const std::string& node, Atom what, const Texts&... texts) {
    const auto door = door_of(node);
    if (!door) return "no link";
    std::string answer;
    const caf::scoped_actor self(system);
    self->request(door, std::chrono::seconds(10), what, texts...)
        .receive([&](std::string& text) { answer = std::move(text); },
                 [&](const caf::error& why) { answer = "error: " + system.render(why); });
    return answer;
  }
  std::string take_from(const std::string& node, const std::string& text) {
    return request(node, actors::take_atom::value, text);
  }
  /// How often it was asked.
  int taken() const { return taken_; }
  std::vector<std::string> handed() const {
    const std::lock_guard lock(mutex_);
    return handed_;
  }
  /// Whether it was told of something that contains the text.
  bool was_told(net::cluster::peer_event what, const std::string& text) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(events_, [&](const event& e) {
      return e.what == what && (e.node + ": " + e.why).find(text) != std::string::npos;
    });
  }
  std::string all_events() const {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& e : events_) all += std::to_string(static_cast<int>(e.what)) + " " + e.node + ": " + e.why + "\n";
    return all;
  }

 private:
  struct event {
    net::cluster::peer_event what;
    std::string node, why;
  };
  struct with_links : caf::actor_system_config {
    with_links() { net::load_links(*this); }
  };
  const std::string name_;
  roll& roll_;
  mutable std::mutex mutex_;
  std::vector<event> events_;
  std::vector<std::string> handed_;
  std::atomic<int> taken_ = 0;
  with_links config_;

 public:
  caf::actor_system system{config_};
  actors::inspection_door inspector = system.spawn(echo, 0);
  std::unique_ptr<net::cluster::peers> links;
};

/// Carries connections to a port, until they are cut or silenced.
class relay {
  using tcp = boost::asio::ip::tcp;

 public:
  explicit relay(std::uint16_t to) : to_(to) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~relay() {
    context_.stop();
    thread_.join();
  }
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Ends all connections.
  void cut() {
    on_thread([this] {
      for (const auto& c : carried_) c->close();
      carried_.clear();
    });
  }
  /// From now on nothing is carried, and nobody is told.
  void silence() {
    on_thread([this] { silent_ = true; });
  }
  std::size_t connections() {
    std::size_t made = 0;
    on_thread([&] { made = made_; });
    return made;
  }

 private:
  struct carrying {
    explicit carrying(tcp::socket&& from, boost::asio::io_context& c) : ends{std::move(from), tcp::socket(c)} {}
    void close() {
      boost::system::error_code ignored;
      for (auto& end : ends) end.close(ignored);
    }
    std::array<tcp::socket, 2> ends;
    std::array<std::array<char, 4096>, 2> buffers{};
  };

  void on_thread(const std::function<void()>& job) {
    std::promise<void> done;
    boost::asio::post(context_, [&] {
      job();
      done.set_value();
    });
    done.get_future().wait();
  }
  void accept() {
    door_.async_accept([this](const boost::system::error_code& ec, tcp::socket from) {
      if (ec) return;
      ++made_;
      auto made = std::make_shared<carrying>(std::move(from), context_);
      boost::system::error_code failed;
      made->ends[1].connect({boost::asio::ip::address_v4::loopback(), to_}, failed);
      if (failed) {
        made->close();
      } else {
        carried_.push_back(made);
        pump(made, 0);
        pump(made, 1);
      }
      accept();
    });
  }
  void pump(const std::shared_ptr<carrying>& c, std::size_t from) {
    c->ends.at(from).async_read_some(boost::asio::buffer(c->buffers.at(from)),
                                     [this, c, from](const boost::system::error_code& ec, std::size_t size) {
                                       if (silent_) return;
                                       if (ec) return c->close();
                                       boost::system::error_code failed;
                                       boost::asio::write(c->ends.at(1 - from),
                                                          boost::asio::buffer(c->buffers.at(from), size), failed);
                                       failed ? c->close() : pump(c, from);
                                     });
  }

  const std::uint16_t to_;
  boost::asio::io_context context_{1};
  tcp::acceptor door_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  const std::uint16_t port_ = door_.local_endpoint().port();
  std::vector<std::shared_ptr<carrying>> carried_;
  std::size_t made_ = 0;
  bool silent_ = false;
  std::thread thread_;
};

}  // namespace authnz::tests
