#include "net/cluster/peers.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/link_listener.hpp"

namespace authnz::net::cluster {

using actors::peer_door;
using actors::peer_view;

namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds longest_farewell{300};
template <class T>
using outcome = tl::expected<T, std::string>;

/// What is known of another node.
struct other_node {
  std::string address;
  clock::time_point seen;
  std::uint64_t accepted = 0;  ///< the number of the link that it dialled; 0 = none
  peer_door door;
};

}  // namespace

struct peers::state {
  explicit state(peer_options o) : how(std::move(o)) {
    auto first = std::make_shared<peer_view>();
    first->self = how.self.node;
    view.store(std::move(first));
  }

  outcome<void> start(caf::actor_system& in, const link_identity& identity, peer_service service);
  link_service service_of_listener();
  outcome<void> judge(const std::string& name);
  void accepted(const std::string& name, std::uint64_t link, int socket);
  void ended(const std::string& name, std::uint64_t link);
  bool greeted(const std::string& name, const peer_door& door);
  dial_events events_of_dials();
  /// Whether there is such a node, and `may` has not refused.
  bool set_door(const std::string& name, const peer_door& door, const std::function<bool(other_node&)>& may = {});
  void follow();
  void look(const std::vector<linked_member>& found);
  /// The mutex is held.
  void publish();
  void tell(peer_event what, const std::string& node, const std::string& why = {}) const {
    if (how.on_event) how.on_event(what, node, why);
  }
  /// The mutex is held.
  bool is_linked_to_all() const;
  void take_leave() const;
  void stop();

  const peer_options how;
  caf::actor_system* system = nullptr;  ///< null = not started
  std::atomic<std::shared_ptr<const peer_view>> view;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  bool looked = false;  ///< who is registered is known
  std::map<std::string, other_node> others;
  std::unique_ptr<member_source> members;
  std::unique_ptr<peer_doors> doors;
  std::unique_ptr<link_listener> listener;
  std::unique_ptr<peer_dials> dials;
  std::thread following;
};

outcome<void> peers::state::start(caf::actor_system& in, const link_identity& identity, peer_service service) {
  system = &in;
  link_listener_options o;
  o.address = how.address;
  o.port = how.port;
  o.longest_stall = how.pace.silence;
  o.handshake_time = how.pace.step;
  o.on_event = [this](link_event what, std::string_view detail) {
    if (what == link_event::refused || what == link_event::full) tell(peer_event::refused, {}, std::string(detail));
    if (what == link_event::accept_failed) tell(peer_event::accept_failed, {}, std::string(detail));
  };
  auto opened = link_listener::open(identity, service_of_listener(), std::move(o));
  if (!opened) return tl::unexpected(opened.error());
  doors = std::make_unique<peer_doors>(
      in, how.self, std::move(service),
      [this](const std::string& name, const peer_door& door) { return greeted(name, door); });
  auto dialling = peer_dials::open(in, *doors, how.self, identity, how.pace, events_of_dials());
  if (!dialling) return tl::unexpected(dialling.error());
  dials = std::move(*dialling);
  listener = std::move(*opened);
  listener->start();
  following = std::thread([this] { follow(); });
  return {};
}

link_service peers::state::service_of_listener() {
  link_service s{.name = "the cluster's links",
                 .port_item = "clusterport",
                 .address_item = "clusterlisten",
                 .one_link_a_name = true};
  s.judge = [this](const std::string& name) { return judge(name); };
  s.door = [this](const std::string& name) { return doors->of(name).id(); };
  s.admit = [this](const std::string& name, std::uint64_t link, int socket) { accepted(name, link, socket); };
  s.ended = [this](const std::string& name, std::uint64_t link) { ended(name, link); };
  return s;
}

outcome<void> peers::state::judge(const std::string& name) {
  if (name == how.self.node) return tl::unexpected("a peer shows this node's own name, " + name);
  if (name < how.self.node) return tl::unexpected("node " + name + " does not dial this one; this one does");
  const std::lock_guard lock(mutex);
  if (!others.contains(name)) return tl::unexpected("no node " + name + " is registered");
  return {};
}

void peers::state::accepted(const std::string& name, std::uint64_t link, int socket) {
  {
    const std::lock_guard lock(mutex);
    const auto found = others.find(name);
    if (found != others.end()) found->second.accepted = link;
  }
  if (const auto done = doors->admit(name, socket); !done) tell(peer_event::failed, name, done.error());
}

void peers::state::ended(const std::string& name, std::uint64_t link) {
  set_door(name, peer_door(), [link](other_node& other) {
    if (other.accepted != link) return false;
    other.accepted = 0;
    return true;
  });
}

bool peers::state::greeted(const std::string& name, const peer_door& door) {
  return set_door(name, door, [](const other_node& other) { return other.accepted != 0; });
}

dial_events peers::state::events_of_dials() {
  return {[this](const std::string& node, const peer_door& door) { set_door(node, door); },
          [this](const std::string& node) { set_door(node, peer_door()); },
          [this](const std::string& node, const std::string& why) { tell(peer_event::failed, node, why); }};
}

bool peers::state::set_door(const std::string& name, const peer_door& door,
                            const std::function<bool(other_node&)>& may) {
  {
    const std::lock_guard lock(mutex);
    const auto found = others.find(name);
    if (found == others.end() || stopping || (may && !may(found->second))) return false;
    if (found->second.door == door) return true;
    found->second.door = door;
    publish();
    changed.notify_all();
  }
  tell(door ? peer_event::linked : peer_event::lost, name);
  return true;
}

void peers::state::follow() {
  for (std::unique_lock lock(mutex); !stopping; changed.wait_for(lock, how.pace.look, [this] { return stopping; })) {
    lock.unlock();
    const auto found = members->read();
    if (found) look(*found);
    lock.lock();
  }
}

void peers::state::look(const std::vector<linked_member>& found) {
  std::map<std::string, std::string> targets;
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex);
    const auto now = clock::now();
    for (const auto& m : found) {
      if (m.node == how.self.node) continue;
      auto& other = others[m.node];
      other.address = m.link;
      other.seen = now;
    }
    // One whose lease ended for a moment registers again.
    std::erase_if(others, [&](const auto& one) {
      const bool is_gone = now - one.second.seen >= how.pace.keep;
      if (is_gone) gone.push_back(one.first);
      return is_gone;
    });
    for (const auto& [node, other] : others)
      if (node < how.self.node) targets.emplace(node, other.address);
    publish();
    looked = true;
    changed.notify_all();
  }
  // A door is given up where its links are made, so that none is made meanwhile.
  // The doors of those whom this node dials are the dials'.
  for (const auto& name : gone)
    if (how.self.node < name) listener->close_links_of(name, [this, name] { doors->forget(name); });
  dials->set_targets(std::move(targets));
}

void peers::state::publish() {
  const auto before = view.load();
  auto next = std::make_shared<peer_view>();
  next->number = before->number + 1;
  next->self = how.self.node;
  for (const auto& [node, other] : others) next->others.push_back({node, other.door});
  const bool same = std::equal(next->others.begin(), next->others.end(), before->others.begin(), before->others.end(),
                               [](const auto& a, const auto& b) { return a.node == b.node && a.door == b.door; });
  if (!same) view.store(std::move(next));
}

bool peers::state::is_linked_to_all() const {
  return looked &&
         std::ranges::all_of(others, [](const auto& one) { return one.second.address.empty() || one.second.door; });
}

// A peer that answers has taken all that came before.
void peers::state::take_leave() const {
  if (system == nullptr || !doors) return;
  const caf::scoped_actor self(*system, true);
  const auto ask = [&](const peer_door& door) {
    return self->request(door, longest_farewell, actors::take_atom::value, std::string());
  };
  std::vector<decltype(ask({}))> asked;
  const auto now = view.load();
  for (const auto& other : now->others)
    if (other.door) asked.push_back(ask(other.door));
  for (auto& one : asked) one.receive([](const std::string&) {}, [](const caf::error&) {});
}

void peers::state::stop() {
  take_leave();
  {
    const std::lock_guard lock(mutex);
    if (std::exchange(stopping, true)) return;
    changed.notify_all();
    for (auto& [node, other] : others) other.door = peer_door();
    publish();
  }
  if (members) members->stop();
  if (following.joinable()) following.join();
  if (dials) dials->stop();
  if (listener) listener->stop();
  // With them goes what they hold of the node's actors: a detached actor's
  // thread ends when nobody has its handle any more.
  doors.reset();
}

peers::peers(peer_options o) : state_(std::make_unique<state>(std::move(o))) {}
peers::~peers() { stop(); }

outcome<void> peers::start(caf::actor_system& system, const link_identity& identity,
                           std::unique_ptr<member_source> members, peer_service service) {
  state_->members = std::move(members);
  return state_->start(system, identity, std::move(service));
}

bool peers::wait_until_linked(std::chrono::milliseconds longest) {
  auto& s = *state_;
  std::unique_lock lock(s.mutex);
  return s.changed.wait_for(lock, longest, [&] { return s.stopping || s.is_linked_to_all(); });
}

std::uint16_t peers::port() const { return state_->listener ? state_->listener->port() : std::uint16_t{0}; }

outcome<void> peers::set_identity(const link_identity& identity) {
  if (!state_->listener) return {};
  return state_->listener->set_identity(identity).and_then([&] { return state_->dials->set_identity(identity); });
}

void peers::stop() { state_->stop(); }

std::shared_ptr<const peer_view> peers::current() const noexcept { return state_->view.load(); }

}  // namespace authnz::net::cluster
