// Watches of a real etcd, and their stream however it is split.
#include <gtest/gtest.h>

#include <thread>

#include "net/etcd/client.hpp"
#include "net/etcd/watch_pieces.hpp"
#include "tests/cluster/etcd_server.hpp"

namespace authnz::net::etcd {
namespace {

using namespace std::chrono_literals;
using kind = failure::kind;

class etcd_watch : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server.ok()) << server.error(); }

  std::uint64_t put(const std::string& key, const std::string& value) { return etcd.put(key, value).value_or(0); }
  watch from(std::uint64_t revision) { return {server.client_options(), "w/", "w0", revision}; }
  /// The next events, `count` of them at least.
  static std::vector<event> next(watch& w, std::size_t count) {
    std::vector<event> all;
    for (const auto end = std::chrono::steady_clock::now() + 20s;
         all.size() < count && std::chrono::steady_clock::now() < end;) {
      auto some = w.next(1s);
      if (!some) {
        ADD_FAILURE() << some.error().text;
        break;
      }
      std::move(some->begin(), some->end(), std::back_inserter(all));
    }
    return all;
  }

  tests::etcd_server server;
  client etcd{server.client_options()};
};

TEST_F(etcd_watch, sees_what_happened_from_a_revision_on) {
  put("w/a", "0");
  const auto first = put("w/a", "1");
  put("elsewhere", "x");
  const auto second = put("w/b", "2");
  auto w = from(first);
  const auto events = next(w, 2);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].key, "w/a");
  EXPECT_EQ(events[0].value, "1");
  EXPECT_EQ(events[0].revision, first);
  EXPECT_EQ(events[1].key, "w/b");
  EXPECT_EQ(events[1].revision, second);
}

TEST_F(etcd_watch, sees_puts_and_erasures_as_they_happen) {
  auto w = from(put("w/a", "1"));
  EXPECT_EQ(next(w, 1).size(), 1U);
  put("w/a", "");
  ASSERT_TRUE(etcd.commit({{}, {operation::erase("w/a")}, {}}));
  const auto events = next(w, 2);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].value, "");
  EXPECT_EQ(events[1].value, std::nullopt);
  EXPECT_EQ(events[1].revision, events[0].revision + 1);
}

TEST_F(etcd_watch, says_when_nothing_has_happened) {
  auto w = from(1000);
  const auto events = w.next(50ms);
  ASSERT_TRUE(events) << events.error().text;
  EXPECT_TRUE(events->empty());
}

TEST_F(etcd_watch, sees_a_revision_as_a_whole_though_it_comes_in_fragments) {
  const auto before = put("w/x", "1");
  // Two revisions of several fragments each; a fragment is about 1.5 MiB.
  for (int round = 0; round < 2; ++round) {
    transaction t;
    for (int i = 0; i < 14; ++i) t.then.push_back(operation::put("w/" + std::to_string(i), std::string(100'000, 'v')));
    ASSERT_TRUE(etcd.commit(t));
  }
  auto w = from(before + 1);
  std::size_t all = 0;
  while (all < 28) {
    auto some = w.next(5s);
    ASSERT_TRUE(some) << some.error().text;
    ASSERT_FALSE(some->empty());
    EXPECT_EQ(some->size() % 14, 0U);
    all += some->size();
  }
}

TEST_F(etcd_watch, is_told_that_its_revision_has_been_compacted) {
  const auto first = put("w/a", "1");
  const auto second = put("w/a", "2");
  ASSERT_TRUE(etcd.compact(second));
  auto w = from(first);
  const auto events = w.next(10s);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().what, kind::compacted) << events.error().text;
  EXPECT_EQ(events.error().compacted, second);
}

TEST_F(etcd_watch, ends_when_the_member_dies) {
  auto w = from(put("w/a", "1"));
  EXPECT_EQ(next(w, 1).size(), 1U);
  server.kill();
  const auto events = w.next(10s);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().what, kind::unknown) << events.error().text;
}

TEST_F(etcd_watch, goes_to_a_member_that_answers) {
  auto o = server.client_options();
  o.endpoints.insert(o.endpoints.begin(), "http://127.0.0.1:1");
  const auto revision = put("w/a", "1");
  watch w(o, "w/", "w0", revision);
  EXPECT_EQ(next(w, 1).size(), 1U);
}

TEST_F(etcd_watch, ends_when_it_is_stopped) {
  auto w = from(1000);
  std::jthread other([&] {
    std::this_thread::sleep_for(50ms);
    w.stop();
  });
  const auto events = w.next(60s);
  ASSERT_FALSE(events);
  EXPECT_FALSE(w.next(60s)) << "and stays so";
}

TEST(etcd_watch_of_three, ends_when_its_member_has_lost_the_others) {
  tests::etcd_server server({.members = 3});
  ASSERT_TRUE(server.ok()) << server.error();
  watch w(server.client_options(), "w/", "w0", 1000);
  ASSERT_TRUE(w.next(100ms));
  server.kill(1);
  server.kill(2);
  for (const auto end = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < end;)
    if (const auto events = w.next(1s); !events) {
      EXPECT_EQ(events.error().what, kind::unknown) << events.error().text;
      return;
    }
  ADD_FAILURE() << "it goes on";
}

const std::string two_answers = R"({"result":{"header":{"revision":"3"},"created":true}})"
                                "\n"
                                R"({"result":{"events":[{"kv":{"key":"YQ==","mod_revision":"4","value":"MQ=="}},)"
                                R"({"type":"DELETE","kv":{"key":"Yg==","mod_revision":"4"}}]}})"
                                "\n";

TEST(watch_stream, may_be_split_anywhere) {
  for (std::size_t at = 0; at <= two_answers.size(); ++at) {
    watch_pieces pieces;
    ASSERT_TRUE(pieces.take(two_answers.substr(0, at)) && pieces.take(two_answers.substr(at)));
    EXPECT_TRUE(pieces.created());
    EXPECT_EQ(pieces.take_events().size(), 2U) << "split at " << at;
  }
}

TEST(watch_stream, holds_a_revision_back_that_goes_on_in_the_next_fragment) {
  const auto event = [](int revision) {
    return R"({"kv":{"key":"YQ==","mod_revision":")" + std::to_string(revision) + "\"}}";
  };
  watch_pieces pieces;
  pieces.take(R"({"result":{"fragment":true,"events":[)" + event(4) + "," + event(5) + "]}}\n");
  EXPECT_EQ(pieces.take_events().size(), 1U);
  pieces.take(R"({"result":{"fragment":true,"events":[)" + event(5) + "]}}\n");
  EXPECT_FALSE(pieces.has_events());
  pieces.take(R"({"result":{"events":[)" + event(5) + "]}}\n");
  EXPECT_EQ(pieces.take_events().size(), 3U);
}

TEST(watch_stream, ends_when_it_is_not_what_etcd_sends) {
  for (const std::string line : {"x", "[]", "{}", "7", R"({"result":{"events":[{}]}})", R"({"result":{"events":[7]}})",
                                 R"({"result":{"events":[{"kv":{"key":"YQ==","mod_revision":"x"}}]}})",
                                 R"({"result":{"events":[{"kv":{"key":"YQ==","mod_revision":"0"}}]}})",
                                 R"({"result":{"events":[{"kv":{"key":"YQ=","mod_revision":"4"}}]}})"}) {
    watch_pieces pieces;
    EXPECT_FALSE(pieces.take(line + "\n")) << line;
    EXPECT_EQ(pieces.trouble().what, kind::unknown);
  }
}

TEST(watch_stream, ends_with_the_error_that_it_holds) {
  watch_pieces pieces;
  EXPECT_FALSE(pieces.take("{\"error\":{\"grpc_code\":14,\"message\":\"etcdserver: no leader\"}}\n"));
  EXPECT_EQ(pieces.trouble().what, kind::unknown);
  EXPECT_NE(pieces.trouble().text.find("no leader"), std::string::npos);
}

TEST(watch_stream, does_not_collect_a_line_without_end) {
  const std::string piece(std::size_t{8} << 20, 'x');
  watch_pieces pieces;
  int taken = 0;
  while (taken < 100 && pieces.take(piece)) ++taken;
  EXPECT_LT(taken, 9);
  EXPECT_EQ(pieces.trouble().what, kind::too_large);
}

}  // namespace
}  // namespace authnz::net::etcd
