#include "net/cluster/peer_doors.hpp"

#include <unistd.h>

#include <atomic>
#include <optional>
#include <utility>

#include "actors/interfaces.hpp"
#include "proto/questions.hpp"

namespace authnz::net::cluster {

using actors::peer_door;

// The name of an entrance is a port's number. These are of no use to others:
// whoever may listen there has no need of us.
constexpr std::uint16_t most_entrances = 255;

struct peer_doors::parts {
  peer_identity self;
  peer_service service;
  listener heard;
};

struct peer_doors::entry {
  peer_door door;
  std::shared_ptr<std::atomic<bool>> greeted;
  std::uint16_t number = 0;  ///< of the entrance; 0 = none
  std::optional<link_entrance> entrance;
};

namespace {

using door_actor = peer_door::extend<caf::reacts_to<actors::errand_ptr>>;

constexpr const char* nobody_there =
    R"({"error":{"code":"inspector-restarting","text":"The inspector restarts; ask again in a moment."}})";

constexpr const char* not_for_peers =
    R"({"error":{"code":"not-possible","text":"This is not answered to another node; ask the node itself."}})";

struct greeting {
  std::uint16_t protocol;
  const std::string& cluster;
  const std::string& node;
};

/// Why a greeting is refused; empty if it is not.
std::string judge(const greeting& g, const peer_identity& self, const std::string& peer) {
  if (g.protocol != actors::peer_protocol)
    return "node " + self.node + " speaks version " + std::to_string(actors::peer_protocol) + " among nodes, not " +
           std::to_string(g.protocol);
  if (g.cluster != self.cluster) return "node " + self.node + " belongs to cluster " + self.cluster;
  if (g.node == self.node) return "there are two nodes of the name " + self.node + "; choose another clusternode";
  if (g.node != peer) return "the certificate is node " + peer + "'s, not node " + g.node + "'s";
  if (g.node < self.node) return "of two nodes the one whose name comes later dials";
  return {};
}

caf::error refused(const std::string& why) { return caf::make_error(caf::sec::invalid_argument, why); }

caf::error not_greeted() { return refused("say hello first"); }

using service = std::function<void(std::string, std::function<void(std::string)>)>;

caf::result<std::string> answer_by(door_actor::pointer self, const service& serve, std::string&& packed) {
  auto promise = self->make_response_promise<std::string>();
  // Promises are kept on the actor's own thread.
  serve(std::move(packed), [home = door_actor(self), promise](std::string text) {
    caf::anon_send(home, std::make_shared<actors::errand>(actors::errand{
                             [promise, text = std::move(text)]() mutable { promise.deliver(std::move(text)); }}));
  });
  return promise;
}

template <class Parts>
door_actor::behavior_type door(door_actor::pointer self, const std::shared_ptr<const Parts>& p, const std::string& peer,
                               const std::shared_ptr<std::atomic<bool>>& greeted) {
  const auto answer = [=](const service& serve, std::string&& packed) -> caf::result<std::string> {
    if (!*greeted) return not_greeted();
    return answer_by(self, serve, std::move(packed));
  };
  return {[=](actors::hello_atom, std::uint16_t protocol, const std::string& cluster, const std::string& node,
              const std::string&, const caf::actor& back) -> caf::result<std::string> {
            if (auto why = judge({protocol, cluster, node}, p->self, peer); !why.empty()) return refused(why);
            const auto& sender = self->current_sender();
            if (!back || !sender || back.node() != sender->node())
              return refused("the door is not the greeting node's own");
            if (!p->heard(node, caf::actor_cast<peer_door>(back))) return refused("the link has ended");
            *greeted = true;
            return p->self.node;
          },
          [=](actors::take_atom, std::string& packed) { return answer(p->service.take, std::move(packed)); },
          [=](actors::hash_atom, std::string& packed) { return answer(p->service.hash, std::move(packed)); },
          [=](actors::hand_atom, std::string& packed) {
            if (*greeted) p->service.hand(std::move(packed));
          },
          [=](actors::ask_atom ask, std::string& name, std::string& arguments,
              std::string& who) -> caf::result<std::string> {
            if (!*greeted) return not_greeted();
            if (const auto asked = proto::find_question(name); !asked || !proto::row(*asked).by_peers)
              return std::string(not_for_peers);
            if (const auto inspector = p->service.inspector())
              return self->delegate(inspector, ask, std::move(name), std::move(arguments), std::move(who));
            return std::string(nobody_there);
          },
          [](actors::errand_ptr& job) { job->run(); }};
}

}  // namespace

peer_doors::peer_doors(caf::actor_system& system, peer_identity self, peer_service service, listener heard)
    : system_(system),
      parts_(std::make_shared<const parts>(parts{std::move(self), std::move(service), std::move(heard)})) {}

peer_doors::~peer_doors() { close(); }

peer_doors::entry& peer_doors::find(const std::string& peer) {
  auto& found = entries_[peer];
  if (!found.door) {
    found.greeted = std::make_shared<std::atomic<bool>>(false);
    found.door = system_.spawn<caf::hidden>(door<parts>, parts_, peer, found.greeted);
  }
  return found;
}

peer_door peer_doors::of(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  return find(peer).door;
}

tl::expected<void, std::string> peer_doors::admit(const std::string& peer, int socket) {
  const std::lock_guard lock(mutex_);
  auto& found = find(peer);
  *found.greeted = false;
  if (auto opened = open_entrance(found); !opened) {
    ::close(socket);
    return opened;
  }
  found.entrance->admit(socket);
  return {};
}

tl::expected<void, std::string> peer_doors::open_entrance(entry& e) {
  if (e.entrance) return {};
  if (e.number == 0) {
    if (free_entrances_.empty()) {
      if (last_entrance_ == most_entrances) return tl::unexpected(std::string("too many nodes are registered"));
      free_entrances_.push_back(++last_entrance_);
    }
    e.number = free_entrances_.back();
    free_entrances_.pop_back();
  }
  auto made = link_entrance::open(system_, e.door, e.number);
  if (!made) return tl::unexpected(made.error());
  e.entrance = std::move(*made);
  return {};
}

void peer_doors::set_greeted(const std::string& peer, bool greeted) {
  const std::lock_guard lock(mutex_);
  *find(peer).greeted = greeted;
}

void peer_doors::forget(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(peer);
  if (found == entries_.end()) return;
  end(found->second);
  if (found->second.number != 0) free_entrances_.push_back(found->second.number);
  entries_.erase(found);
}

void peer_doors::end(entry& e) {
  if (e.entrance) e.entrance->close();
  const caf::scoped_actor waiting(system_, true);
  caf::anon_send_exit(e.door, caf::exit_reason::user_shutdown);
  waiting->wait_for(e.door);
}

void peer_doors::close() {
  const std::lock_guard lock(mutex_);
  for (auto& [peer, e] : entries_) end(e);
  entries_.clear();
}

}  // namespace authnz::net::cluster
