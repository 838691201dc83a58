#include "net/admin_link.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/actor/link_rig.hpp"

namespace authnz::tests {
namespace {

using namespace std::chrono_literals;
using net::certificate_role;

/// A stranger's plain connection.
class plain_peer {
 public:
  explicit plain_peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    const timeval longest{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  }
  ~plain_peer() { ::close(fd_); }
  plain_peer(const plain_peer&) = delete;
  plain_peer& operator=(const plain_peer&) = delete;

  bool connected() const { return connected_; }
  void say(const std::string& text) const { std::ignore = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  /// All that the node says until it hangs up; nothing when it does not within 20 s.
  std::optional<std::string> hear_to_the_end() const {
    std::string all;
    std::array<char, 512> buffer{};
    while (true) {
      const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got > 0) all.append(buffer.data(), static_cast<std::size_t>(got));
      if (got == 0 || (got < 0 && errno == ECONNRESET)) return all;
      if (got < 0) return std::nullopt;
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

std::string refusal(const net::link_identity& identity, const net::dial_options& to_whom) {
  const auto link = net::link_dial::open(identity, to_whom);
  return link ? "none" : link.error();
}

TEST(admin_link, takes_questions_and_answers) {
  const link_folder folder;
  const link_node node(folder.node());
  ASSERT_TRUE(node.link) << node.error;
  const auto link = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  EXPECT_EQ(ask(**link, "node"), "node {} ada");
  EXPECT_TRUE((*link)->holds());
}

TEST(admin_link, takes_who_asks_from_the_certificate) {
  const link_folder folder;
  const link_node node(folder.node());
  const auto link = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  EXPECT_EQ((*link)->ask("node", "{}", "eve", 20s).value_or("none"), "node {} ada");
  EXPECT_EQ((*link)->hello(1, "eve", 20s).value_or("none"), "hello 1 ada");
}

TEST(admin_link, carries_answers_that_are_larger_than_any_buffer) {
  const link_folder folder;
  const link_node node(folder.node());
  const auto link = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  const std::string much(3 << 20, 'x');
  EXPECT_EQ(ask(**link, "node", much), "node " + much + " ada");
}

TEST(admin_link, finds_an_inspector_that_was_started_anew) {
  const link_folder folder;
  link_node node(folder.node());
  const auto link = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  caf::anon_send_exit(node.inspector, caf::exit_reason::kill);
  node.inspector = nullptr;
  EXPECT_NE(ask(**link, "node").find("inspector-restarting"), std::string::npos);
  node.inspector = node.system.spawn(echo, 0);
  EXPECT_EQ(ask(**link, "node"), "node {} ada");
}

TEST(admin_link, serves_several_tools_at_once) {
  const link_folder folder;
  const link_node node(folder.node());
  std::vector<std::unique_ptr<net::link_dial>> links;
  for (int i = 0; i < 5; ++i) {
    auto link = net::link_dial::open(folder.admin(), to(node));
    ASSERT_TRUE(link) << link.error();
    links.push_back(std::move(*link));
  }
  for (const auto& link : links) EXPECT_EQ(ask(*link, "node"), "node {} ada");
}

TEST(admin_link, refuses_a_certificate_of_another_authority) {
  const link_folder folder;
  const link_folder other;
  const link_node node(folder.node());
  auto stranger = other.admin();
  EXPECT_NE(refusal(stranger, to(node)).find("no certificate of our authority"), std::string::npos);
  // One that does not mind who the node is.
  stranger.authority = folder.admin().authority;
  EXPECT_NE(refusal(stranger, to(node)).find("refuses our certificate: another authority"), std::string::npos)
      << refusal(stranger, to(node));
}

TEST(admin_link, refuses_a_certificate_that_has_expired) {
  const auto long_ago = this_second() - std::chrono::days(400);
  const link_folder folder(long_ago);
  const auto expired = folder.identity(certificate_role::admin, long_ago);
  ASSERT_TRUE(net::renew(folder.path(), "node", {}, this_second()));
  const link_node node(folder.node());
  const auto why = refusal(expired, to(node));
  EXPECT_NE(why.find("refuses our certificate: it has expired"), std::string::npos) << why;
}

TEST(admin_link, is_not_trusted_with_an_expired_certificate) {
  const auto long_ago = this_second() - std::chrono::days(400);
  const link_folder folder(long_ago);
  const link_node node(folder.identity(certificate_role::node, long_ago));
  ASSERT_TRUE(net::renew(folder.path(), "admin", {}, this_second()));
  const auto why = refusal(folder.admin(), to(node));
  EXPECT_NE(why.find("has expired; renew it there"), std::string::npos) << why;
}

TEST(admin_link, is_not_trusted_with_an_administrators_certificate) {
  const link_folder folder;
  const link_node node(folder.admin());
  ASSERT_TRUE(node.link) << node.error;
  const auto why = refusal(folder.admin(), to(node));
  EXPECT_NE(why.find("is no node"), std::string::npos) << why;
}

TEST(admin_link, is_not_trusted_under_another_name) {
  const link_folder folder;
  const link_node node(folder.node());
  auto o = to(node);
  o.host = "127.0.0.2";
  ASSERT_TRUE(node.link);
  net::admin_link_options anywhere;
  anywhere.address = "0.0.0.0";
  const link_node reachable(folder.node(), anywhere);
  o.port = reachable.link->port();
  const auto why = refusal(folder.admin(), o);
  EXPECT_NE(why.find("was not made for this host"), std::string::npos) << why;
}

TEST(admin_link, says_nothing_of_its_own_to_a_plain_peer) {
  const link_folder folder;
  const link_node node(folder.node());
  const plain_peer peer(node.link->port());
  peer.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto heard = peer.hear_to_the_end();
  ASSERT_TRUE(heard);
  // An alert of TLS at most.
  EXPECT_LE(heard->size(), 7U);
}

TEST(admin_link, lets_go_of_a_peer_that_hangs) {
  const link_folder folder;
  net::admin_link_options o;
  o.handshake_time = 300ms;
  const link_node node(folder.node(), o);
  const plain_peer peer(node.link->port());
  EXPECT_EQ(peer.hear_to_the_end(), "");
}

TEST(admin_link, lets_a_tool_in_past_many_peers_that_hang) {
  const link_folder folder;
  net::admin_link_options o;
  o.max_handshakes = 4;
  o.handshake_time = 1h;
  const link_node node(folder.node(), o);
  std::vector<std::unique_ptr<plain_peer>> peers;
  for (int i = 0; i < 50; ++i) peers.push_back(std::make_unique<plain_peer>(node.link->port()));
  const auto link = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  EXPECT_EQ(ask(**link, "node"), "node {} ada");
}

TEST(admin_link, has_a_limit_of_links) {
  const link_folder folder;
  net::admin_link_options o;
  o.max_links = 1;
  const link_node node(folder.node(), o);
  const auto first = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(first) << first.error();
  EXPECT_NE(refusal(folder.admin(), to(node)), "none");
  EXPECT_EQ(ask(**first, "node"), "node {} ada");
}

TEST(admin_link, goes_on_beside_strangers_that_are_refused) {
  const link_folder folder;
  const link_folder other;
  const link_node node(folder.node());
  const auto link = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  auto stranger = other.admin();
  stranger.authority = folder.admin().authority;
  std::atomic<bool> enough{false};
  std::thread strangers([&] {
    for (int i = 0; i < 30; ++i) {
      EXPECT_NE(refusal(stranger, to(node)), "none");
      plain_peer(node.link->port()).say("\x16\x03\x01garbage\n");
    }
    enough = true;
  });
  do {
    EXPECT_EQ(ask(**link, "node"), "node {} ada");
  } while (!enough);
  strangers.join();
  EXPECT_TRUE((*link)->holds());
}

TEST(admin_link, takes_renewed_certificates_while_it_runs) {
  const link_folder folder;
  const link_folder other;
  const link_node node(folder.node());
  ASSERT_TRUE(node.link->set_identity(other.node()));
  const auto link = net::link_dial::open(other.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  EXPECT_EQ(ask(**link, "node"), "node {} ada");
}

TEST(admin_link, tells_the_tool_when_it_has_ended) {
  const link_folder folder;
  link_node node(folder.node());
  const auto link = net::link_dial::open(folder.admin(), to(node));
  ASSERT_TRUE(link) << link.error();
  node.link->stop();
  EXPECT_NE(ask(**link, "node").find("was lost"), std::string::npos);
  EXPECT_FALSE((*link)->holds());
}

TEST(admin_link, stops_while_a_sweep_is_due) {
  const link_folder folder;
  net::admin_link_options o;
  std::promise<void> blocked;
  o.on_event = [&](net::link_event, std::string_view) {
    blocked.set_value();
    std::this_thread::sleep_for(300ms);
  };
  const link_node node(folder.node(), o);
  const plain_peer peer(node.link->port());
  peer.say("no TLS at all\n");
  blocked.get_future().wait();
  node.link->stop();
}

TEST(admin_link, does_not_share_its_port) {
  const link_folder folder;
  const link_node node(folder.node());
  net::admin_link_options o;
  o.port = node.link->port();
  const link_node second(folder.node(), o);
  EXPECT_NE(second.error.find("it is in use"), std::string::npos) << second.error;
}

TEST(admin_link, has_no_node_where_nobody_listens) {
  const link_folder folder;
  link_node node(folder.node());
  const auto o = to(node);
  node.link->stop();
  const auto why = refusal(folder.admin(), o);
  EXPECT_NE(why.find("cannot be reached"), std::string::npos) << why;
}

}  // namespace
}  // namespace authnz::tests
