#include "net/admin_link.hpp"

#include <optional>

#include "net/link_broker.hpp"

namespace authnz::net {

using actors::inspection_door;

namespace {

constexpr const char* nobody_there =
    R"({"error":{"code":"inspector-restarting","text":"The inspector restarts; ask again in a moment."}})";

// What is published must not change, while the inspector may be restarted.
inspection_door::behavior_type relay(inspection_door::pointer self, const door_finder& find) {
  return {[=](actors::hello_atom hello, std::uint16_t version, std::string& who) -> caf::result<std::string> {
            if (const auto door = find()) return self->delegate(door, hello, version, std::move(who));
            return std::string(nobody_there);
          },
          [=](actors::ask_atom ask, std::string& name, std::string& arguments,
              std::string& who) -> caf::result<std::string> {
            if (const auto door = find())
              return self->delegate(door, ask, std::move(name), std::move(arguments), std::move(who));
            return std::string(nobody_there);
          }};
}

}  // namespace

struct admin_link::state {
  inspection_door published;
  std::optional<link_entrance> entrance;
  std::unique_ptr<link_listener> listener;
};

admin_link::admin_link(std::unique_ptr<state> s) : state_(std::move(s)) {}
admin_link::~admin_link() { stop(); }

tl::expected<std::unique_ptr<admin_link>, std::string> admin_link::open(caf::actor_system& system, door_finder find,
                                                                        const link_identity& identity,
                                                                        admin_link_options options) {
  auto made = std::make_unique<state>();
  link_service service{.name = "the admin link", .port_item = "adminport", .address_item = "adminlisten"};
  service.door = [s = made.get()](const std::string&) { return s->published.id(); };
  service.admit = [s = made.get()](const std::string&, std::uint64_t, int socket) { s->entrance->admit(socket); };
  auto listener = link_listener::open(identity, std::move(service), std::move(options));
  if (!listener) return tl::unexpected(listener.error());
  made->listener = std::move(*listener);
  made->published = system.spawn(relay, std::move(find));
  std::unique_ptr<admin_link> link(new admin_link(std::move(made)));
  auto& s = *link->state_;
  auto entrance = link_entrance::open(system, s.published, s.listener->port());
  if (!entrance) return tl::unexpected(entrance.error());
  s.entrance = std::move(*entrance);
  s.listener->start();
  return link;
}

std::uint16_t admin_link::port() const { return state_->listener->port(); }

tl::expected<void, std::string> admin_link::set_identity(const link_identity& identity) {
  return state_->listener->set_identity(identity);
}

void admin_link::stop() {
  if (!state_->published) return;
  state_->listener->stop();
  if (state_->entrance) state_->entrance->close();
  caf::anon_send_exit(state_->published, caf::exit_reason::user_shutdown);
  state_->published = nullptr;
}

}  // namespace authnz::net
