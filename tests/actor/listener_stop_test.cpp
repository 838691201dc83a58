/// What clients see of a listener that stops while they use it.
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>

#include "tests/actor/listener_rig.hpp"

namespace authnz::net::test {
namespace {

auto in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

struct endings {
  std::atomic<int> answered{0};
  std::atomic<int> said_close{0};  // an answer has said that it is the last
  std::atomic<int> orderly{0};     // the end before any byte of an answer
  std::atomic<int> refused{0};     // no connection came about
  std::atomic<int> broken{0};      // reset, or in the midst of an answer
};

/// Asks on one connection, until it ends or so many times. False when none comes about.
bool use_a_connection(std::uint16_t port, int times, endings& seen) {
  asio::io_context context;
  tcp::socket socket(context);
  boost::system::error_code ec;
  socket.connect({asio::ip::address_v4::loopback(), port}, ec);
  if (ec) return ++(ec == asio::error::connection_refused ? seen.refused : seen.broken), false;
  const auto request = get("/health/live");
  asio::streambuf input;
  for (int i = 0; i < times; ++i, input.consume(input.size())) {
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(request), ignored);
    asio::read_until(socket, input, "true}", ec);
    const std::string_view text(static_cast<const char*>(input.data().data()), input.size());
    if (ec) return ++(ec == asio::error::eof && text.empty() ? seen.orderly : seen.broken), true;
    ++seen.answered;
    if (text.find("Connection: close") != std::string_view::npos) return ++seen.said_close, true;
  }
  return true;
}

/// Many clients that ask without a pause until nobody listens any more: half
/// of them keep their connections, half take a new one each time.
class crowd {
 public:
  crowd(std::uint16_t port, int size, endings& seen) {
    for (int i = 0; i < size; ++i)
      clients_.emplace_back([port, times = i % 2 == 0 ? 1 : 1'000'000'000, &seen] {
        while (use_a_connection(port, times, seen)) {
        }
      });
  }

 private:
  std::vector<std::jthread> clients_;
};

TEST(listener_stop, breaks_no_connection_that_is_in_use) {
  auto o = quick_options();
  o.io_threads = 2;
  endings seen;
  bool in_time = true;
  for (int stops = 0; stops < 5; ++stops) {
    rig r(o);
    const crowd clients(r.port(), 24, seen);
    std::this_thread::sleep_for(30ms);
    in_time = r.server.drain(in(9s)) && in_time;
    r.server.stop();
  }
  EXPECT_TRUE(in_time);
  EXPECT_EQ(seen.broken, 0) << seen.answered << " answers, " << seen.said_close << " the last, " << seen.orderly
                            << " orderly ends";
  EXPECT_EQ(seen.orderly, 0) << "a client that asks all the time is told by an answer";
  EXPECT_EQ(seen.refused, 5 * 24);
}

TEST(listener_stop, sends_clients_away_with_their_answers_before_it_stops) {
  rig r;
  client early(r.port());
  EXPECT_FALSE(early.ask(get("/health/live")).fields.contains("connection"));
  early.send(post(r.sealed("keep", 1)));
  const auto kept = r.door.take_kept(1);
  r.door.leaving = true;
  scripted_door::answer(*kept.front());
  EXPECT_EQ(early.receive().fields["connection"], "close");
  EXPECT_TRUE(early.sees_end());
  client late(r.port());
  const auto reply = late.ask(post(r.sealed("echo", 2)));
  EXPECT_EQ(r.opened(reply.body), R"({"reqid":2})");
  EXPECT_EQ(reply.fields.at("connection"), "close");
  EXPECT_TRUE(late.sees_end());
}

TEST(listener_stop, answers_all_that_was_sent_at_once_before_a_client_is_sent_away) {
  rig r;
  r.door.leaving = true;
  client c(r.port());
  c.send(get("/health/live") + get("/health/live") + get("/health/live"));
  EXPECT_FALSE(c.receive().fields.contains("connection"));
  EXPECT_FALSE(c.receive().fields.contains("connection"));
  EXPECT_EQ(c.receive().fields["connection"], "close");
  EXPECT_TRUE(c.sees_end());
}

TEST(listener_stop, answers_an_idle_client_that_comes_at_the_last_call) {
  auto o = quick_options();
  o.last_call = 5s;
  rig r(o);
  client c(r.port());
  EXPECT_EQ(c.ask(get("/health/live")).status, 200);
  std::jthread stopping([&] { EXPECT_TRUE(r.server.drain(in(9s))); });
  auto reply = c.ask(get("/health/ready"));
  while (reply.status == 200) reply = c.ask(get("/health/ready"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.fields["connection"], "close");
  EXPECT_TRUE(c.sees_end());
}

TEST(listener_stop, serves_those_who_wait_at_the_door_when_it_closes) {
  rig r;
  std::vector<std::unique_ptr<client>> waiting;
  for (int i = 0; i < 200; ++i) {
    waiting.push_back(std::make_unique<client>(r.port()));
    waiting.back()->send(get("/health/live"));
  }
  EXPECT_TRUE(r.server.drain(in(9s)));
  r.server.stop();
  for (auto& c : waiting) EXPECT_EQ(c->receive().status, 200);
}

TEST(listener_stop, is_held_up_by_nobody_who_does_nothing) {
  auto o = quick_options();
  o.last_call = 10ms;
  rig r(o);
  client silent(r.port());
  client blank(r.port());
  blank.send("\r\n\r\n");
  client stays(r.port());
  EXPECT_EQ(stays.ask(get("/health/live")).status, 200);
  EXPECT_TRUE(r.server.drain(in(60s)));
  r.server.stop();
  EXPECT_TRUE(stays.sees_end());
}

}  // namespace
}  // namespace authnz::net::test
