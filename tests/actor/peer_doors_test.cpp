#include "net/cluster/peer_doors.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <future>
#include <memory>

#include "net/dialling.hpp"
#include "net/link_context.hpp"
#include "tests/actor/peer_rig.hpp"

namespace authnz::tests {
namespace {

using actors::peer_door;
using net::cluster::peer_doors;
constexpr std::chrono::seconds long_enough{10};

class doors_of_peers : public testing::Test {
 protected:
  struct with_links : caf::actor_system_config {
    with_links() { net::load_links(*this); }
  };

  static net::cluster::peer_service service(std::atomic<int>& served) {
    net::cluster::peer_service s;
    const auto answer = [&served](const std::string&, const std::function<void(std::string)>& reply) {
      ++served;
      reply("served");
    };
    s.take = answer;
    s.hash = answer;
    s.hand = [&served](const std::string&) { ++served; };
    s.inspector = [&served] {
      ++served;
      return actors::inspection_door();
    };
    return s;
  }
  ~doors_of_peers() override { caf::anon_send_exit(own_door, caf::exit_reason::user_shutdown); }

  /// What is published to the peer, as it sees it.
  peer_door published_to(const std::string& name) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const auto admitted = doors.admit(name, ends[0]);
    EXPECT_TRUE(admitted) << name << ": " << admitted.error();
    const auto found = std::make_shared<std::promise<peer_door>>();
    const auto greeter = [found](caf::event_based_actor* self, int socket) {
      net::greet(self, socket, long_enough, self->system().message_types<actors::first_peer_door>(),
                 [found](const auto& published) {
                   found->set_value(published && *published ? caf::actor_cast<peer_door>(*published) : peer_door());
                 });
    };
    far.spawn<caf::hidden>(greeter, ends[1]);
    return found->get_future().get();
  }
  /// The answer, or the error.
  template <class... Words>
  std::string ask(caf::actor_system& from, const peer_door& door, const Words&... words) {
    std::string said;
    const caf::scoped_actor self(from);
    self->request(door, long_enough, words...)
        .receive([&](std::string& text) { said = std::move(text); },
                 [&](const caf::error& why) { said = "error: " + from.render(why); });
    return said;
  }
  std::string hello(const peer_door& door, const std::string& cluster, const std::string& node) {
    return ask(far, door, actors::hello_atom::value, actors::peer_protocol, cluster, node, std::string("session"),
               caf::actor_cast<caf::actor>(own_door));
  }
  /// All that a peer may ask, one after the other.
  std::vector<std::string> ask_everything(caf::actor_system& from, const peer_door& door) {
    caf::anon_send(door, actors::hand_atom::value, std::string("buckets"));
    return {ask(from, door, actors::take_atom::value, std::string("buckets")),
            ask(from, door, actors::hash_atom::value, std::string("offer")),
            ask(from, door, actors::ask_atom::value, std::string("snapshot"), std::string("{}"), std::string("ada"))};
  }

  with_links config;
  with_links far_config;
  caf::actor_system near{config};
  caf::actor_system far{far_config};
  actors::inspection_door own_door = far.spawn(echo, 0);
  std::atomic<int> served = 0;
  peer_doors doors{
      near, {"cluster-1", "a", "session"}, service(served), [](const std::string&, const peer_door&) { return true; }};
};

TEST_F(doors_of_peers, serve_nobody_who_has_not_said_hello) {
  const auto door = published_to("b");
  ASSERT_TRUE(door);
  for (const auto& answer : ask_everything(far, door))
    EXPECT_NE(answer.find("say hello first"), std::string::npos) << answer;
  EXPECT_EQ(served, 0);
}

TEST_F(doors_of_peers, serve_nobody_whose_hello_was_refused) {
  const auto door = published_to("b");
  ASSERT_TRUE(door);
  EXPECT_NE(hello(door, "cluster-2", "b").find("belongs to cluster cluster-1"), std::string::npos);
  ask_everything(far, door);
  EXPECT_EQ(served, 0);
}

TEST_F(doors_of_peers, serve_those_who_have_said_hello) {
  const auto door = published_to("b");
  ASSERT_TRUE(door);
  EXPECT_EQ(hello(door, "cluster-1", "b"), "a");
  for (const auto& answer : ask_everything(far, door))
    EXPECT_EQ(answer.find("say hello first"), std::string::npos) << answer;
  EXPECT_EQ(served, 4);
}

TEST_F(doors_of_peers, are_to_be_greeted_anew_through_each_link) {
  EXPECT_EQ(hello(published_to("b"), "cluster-1", "b"), "a");
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  ASSERT_TRUE(doors.admit("b", ends[0]));
  ask_everything(near, doors.of("b"));
  ::close(ends[1]);
  EXPECT_EQ(served, 0);
}

TEST_F(doors_of_peers, serve_a_peer_that_was_dialled_while_it_is_greeted) {
  ask_everything(near, doors.of("0"));
  EXPECT_EQ(served, 0);
  doors.set_greeted("0", true);
  ask_everything(near, doors.of("0"));
  EXPECT_EQ(served, 4);
  doors.set_greeted("0", false);
  ask_everything(near, doors.of("0"));
  EXPECT_EQ(served, 4);
}

TEST_F(doors_of_peers, are_new_ones_once_they_were_given_up) {
  const auto before = doors.of("b");
  doors.forget("b");
  EXPECT_NE(doors.of("b"), before);
  EXPECT_EQ(hello(published_to("b"), "cluster-1", "b"), "a");
  doors.forget("nobody");
}

TEST_F(doors_of_peers, are_given_to_any_number_of_names_one_after_the_other) {
  for (int i = 0; i < 300; ++i) {
    const auto name = "node-" + std::to_string(i);
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const auto admitted = doors.admit(name, ends[0]);
    ASSERT_TRUE(admitted) << name << ": " << admitted.error();
    ::close(ends[1]);
    doors.forget(name);
  }
  EXPECT_EQ(hello(published_to("b"), "cluster-1", "b"), "a");
}

TEST_F(doors_of_peers, that_are_too_many_at_once_are_refused) {
  tl::expected<void, std::string> admitted;
  int i = 0;
  while (admitted && i < 300) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    admitted = doors.admit("node-" + std::to_string(i++), ends[0]);
    ::close(ends[1]);
  }
  EXPECT_EQ(i, 256);
  doors.forget("node-7");
  EXPECT_EQ(hello(published_to("b"), "cluster-1", "b"), "a");
}

/// Shakes hands under each name and waits until it is let in.
std::vector<std::shared_ptr<net::tls_pipe>> links_of(boost::asio::io_context& context, const cluster_folder& folder,
                                                     const std::vector<std::string>& names, std::uint16_t port) {
  std::vector<std::shared_ptr<net::tls_pipe>> all;
  std::vector<std::shared_ptr<net::dialling>> under_way;
  for (const auto& name : names) {
    auto tls = net::make_link_context(folder.of(name), net::link_end::tool);
    if (!tls) ADD_FAILURE() << tls.error();
    net::dial_wish wish{
        {{boost::asio::ip::address_v4::loopback(), port}}, {}, std::move(*tls), long_enough, long_enough};
    under_way.push_back(net::dialling::start(context, std::move(wish), [&](auto made) {
      made ? all.push_back(std::move(*made)) : ADD_FAILURE() << text_of(made.error());
    }));
  }
  context.restart();
  context.run();
  for (const auto& pipe : all) {
    std::array<char, 1> first{};
    boost::system::error_code failed;
    pipe->stream().read_some(boost::asio::buffer(first), failed);
    EXPECT_FALSE(failed) << failed.message();
  }
  return all;
}

TEST(peers_of_many_names, find_a_door_one_after_the_other) {
  const cluster_folder folder;
  roll registered;
  linked_node a("a", folder.of("a"), registered);
  a.enter();
  boost::asio::io_context context;
  for (int round = 0; round < 9; ++round) {
    std::vector<std::string> names;
    names.reserve(30);
    for (int i = 0; i < 30; ++i) names.push_back("node-" + std::to_string(round * 30 + i));
    for (const auto& name : names) registered.add(name, "");
    ASSERT_TRUE(eventually([&] { return std::ranges::all_of(names, [&](auto& n) { return a.knows(n); }); }));
    const auto links = links_of(context, folder, names, a.links->port());
    ASSERT_EQ(links.size(), names.size());
    for (const auto& name : names) registered.remove(name);
    ASSERT_TRUE(eventually([&] { return std::ranges::none_of(names, [&](auto& n) { return a.knows(n); }); }));
    for (const auto& link : links) link->close();
  }
  linked_node z("z", folder.of("z"), registered);
  z.enter();
  EXPECT_TRUE(eventually([&] { return a.linked_to("z") && z.linked_to("a"); })) << a.all_events() << z.all_events();
  EXPECT_FALSE(a.was_told(net::cluster::peer_event::failed, "too many")) << a.all_events();
}

}  // namespace
}  // namespace authnz::tests
