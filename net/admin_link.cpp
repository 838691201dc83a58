#include "net/admin_link.hpp"

#include <map>
#include <utility>

#include "net/link_broker.hpp"

namespace authnz::net {

using actors::inspection_door;
template <class T>
using outcome = tl::expected<T, std::string>;

namespace {

constexpr const char* nobody_there =
    R"({"error":{"code":"inspector-restarting","text":"The inspector restarts; ask again in a moment."}})";

// The name of an entrance is a port's number. Those below are for peers (net/cluster/peer_doors.cpp).
constexpr std::uint16_t first_entrance = 256;
constexpr std::size_t most_names = 256;

// What is published must not change, while the inspector may be restarted.
inspection_door::behavior_type relay(inspection_door::pointer self, const door_finder& find, const std::string& who) {
  return {[=](actors::hello_atom hello, std::uint16_t version, const std::string&) -> caf::result<std::string> {
            if (const auto door = find()) return self->delegate(door, hello, version, who);
            return std::string(nobody_there);
          },
          [=](actors::ask_atom ask, std::string& name, std::string& arguments,
              const std::string&) -> caf::result<std::string> {
            if (const auto door = find()) return self->delegate(door, ask, std::move(name), std::move(arguments), who);
            return std::string(nobody_there);
          }};
}

/// What is published to one administrator.
struct entry {
  inspection_door door;
  link_entrance entrance;
};

}  // namespace

struct admin_link::state {
  state(caf::actor_system& s, door_finder f) : system(s), find(std::move(f)) {}

  outcome<entry*> find_entry(const std::string& name);

  caf::actor_system& system;
  const door_finder find;
  std::map<std::string, entry> entries;  ///< by the name in the certificate; of the listener's thread
  std::unique_ptr<link_listener> listener;
};

outcome<entry*> admin_link::state::find_entry(const std::string& name) {
  if (const auto found = entries.find(name); found != entries.end()) return &found->second;
  if (entries.size() >= most_names)
    return tl::unexpected(std::string("too many names of administrators; restart the node"));
  auto door = system.spawn(relay, find, name);
  auto entrance = link_entrance::open(system, door, static_cast<std::uint16_t>(first_entrance + entries.size()));
  if (entrance) return &entries.try_emplace(name, entry{std::move(door), std::move(*entrance)}).first->second;
  caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
  return tl::unexpected(entrance.error());
}

admin_link::admin_link(std::unique_ptr<state> s) : state_(std::move(s)) {}
admin_link::~admin_link() { stop(); }

outcome<std::unique_ptr<admin_link>> admin_link::open(caf::actor_system& system, door_finder find,
                                                      const link_identity& identity, admin_link_options options) {
  auto made = std::make_unique<state>(system, std::move(find));
  auto& s = *made;
  link_service service{.name = "the admin link", .port_item = "adminport", .address_item = "adminlisten"};
  service.judge = [&s](const std::string& name) { return s.find_entry(name).map([](entry*) {}); };
  service.door = [&s](const std::string& name) { return s.entries.at(name).door.id(); };
  service.admit = [&s](const std::string& name, std::uint64_t, int socket) {
    s.entries.at(name).entrance.admit(socket);
  };
  auto listener = link_listener::open(identity, std::move(service), std::move(options));
  if (!listener) return tl::unexpected(listener.error());
  s.listener = std::move(*listener);
  s.listener->start();
  return std::unique_ptr<admin_link>(new admin_link(std::move(made)));
}

std::uint16_t admin_link::port() const { return state_->listener->port(); }

tl::expected<void, std::string> admin_link::set_identity(const link_identity& identity) {
  return state_->listener->set_identity(identity);
}

void admin_link::stop() {
  state_->listener->stop();
  for (auto& [name, e] : state_->entries) {
    e.entrance.close();
    caf::anon_send_exit(e.door, caf::exit_reason::user_shutdown);
  }
  state_->entries.clear();
}

}  // namespace authnz::net
