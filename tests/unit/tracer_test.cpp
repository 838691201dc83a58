#include "actors/tracer.hpp"

#include <gtest/gtest.h>

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;

/// What a connection does with a request of a kind.
proto::trace_ptr pass(tracer& t, proto::request kind, std::string reqid = "1") {
  proto::exchange ex(nullptr, 0);
  ex.request.bind(proto::row(kind), proto::json::object(), {});
  ex.reqid = std::move(reqid);
  return t.follow(ex);
}

struct a_tracer : testing::Test {
  std::shared_ptr<tracer> traces = std::make_shared<tracer>();
  std::uint64_t start(const trace_wish& wish) { return traces->start(wish).value(); }
};

TEST_F(a_tracer, follows_nobody_unasked) {
  EXPECT_FALSE(traces->follows());
  EXPECT_EQ(pass(*traces, proto::request::user_list), nullptr);
}

TEST_F(a_tracer, keeps_a_story_when_the_last_lets_go_of_it) {
  const auto wish = start({});
  {
    const auto told = pass(*traces, proto::request::user_list);
    ASSERT_TRUE(told);
    told->mark(proto::trace_step::read);
    EXPECT_TRUE(traces->read(wish, 0).stories.empty());
  }
  const auto found = traces->read(wish, 0);
  ASSERT_EQ(found.stories.size(), 1);
  EXPECT_EQ(found.stories.front().told->kind, proto::request::user_list);
  EXPECT_EQ(found.stories.front().told->begin()->step, proto::trace_step::read);
}

TEST_F(a_tracer, follows_only_the_kind_that_was_wished) {
  start({.kind = proto::request::user_login});
  EXPECT_FALSE(pass(*traces, proto::request::user_list));
  EXPECT_TRUE(pass(*traces, proto::request::user_login));
}

TEST_F(a_tracer, follows_only_the_reqid_that_was_wished) {
  start({.reqid = "\"x\""});
  EXPECT_FALSE(pass(*traces, proto::request::user_list, "\"y\""));
  EXPECT_TRUE(pass(*traces, proto::request::user_list, "\"x\""));
}

TEST_F(a_tracer, samples) {
  start({.one_in = 3});
  int followed = 0;
  for (int i = 0; i < 9; ++i) followed += pass(*traces, proto::request::user_list) ? 1 : 0;
  EXPECT_EQ(followed, 3);
}

TEST_F(a_tracer, ends_by_itself) {
  const auto wish = start({.lasts = 1s});
  const auto later = tracer::clock::now() + 2s;
  EXPECT_FALSE(traces->read(wish, 0).over);
  EXPECT_TRUE(traces->read(wish, 0, later).over);
  EXPECT_FALSE(traces->follows());
}

TEST_F(a_tracer, is_stopped_once) {
  const auto wish = start({});
  EXPECT_TRUE(traces->stop(wish));
  EXPECT_FALSE(traces->stop(wish));
  EXPECT_FALSE(traces->follows());
}

TEST_F(a_tracer, refuses_what_it_could_not_bear) {
  EXPECT_FALSE(traces->start({.one_in = 0}));
  EXPECT_FALSE(traces->start({.lasts = 0s}));
  EXPECT_FALSE(traces->start({.lasts = tracer::longest + 1s}));
  for (std::size_t i = 0; i < tracer::most_wishes; ++i) start({});
  EXPECT_FALSE(traces->start({}));
}

TEST_F(a_tracer, tells_each_wish_its_own_stories_and_reads_on) {
  const auto logins = start({.kind = proto::request::user_login});
  const auto lists = start({.kind = proto::request::user_list});
  pass(*traces, proto::request::user_login);
  pass(*traces, proto::request::user_list);
  pass(*traces, proto::request::user_list);
  EXPECT_EQ(traces->read(logins, 0).stories.size(), 1);
  const auto first = traces->read(lists, 0);
  EXPECT_EQ(first.stories.size(), 2);
  EXPECT_TRUE(traces->read(lists, first.last).stories.empty());
}

TEST_F(a_tracer, keeps_a_bounded_number_and_says_what_is_lost) {
  const auto wish = start({});
  for (std::size_t i = 0; i < tracer::most_stories + 7; ++i) pass(*traces, proto::request::user_list);
  const auto found = traces->read(wish, 0);
  EXPECT_EQ(found.stories.size(), tracer::most_stories);
  EXPECT_EQ(found.lost, 7);
}

TEST_F(a_tracer, keeps_no_client_that_is_too_long_to_be_an_address) {
  start({});
  proto::exchange ex(nullptr, 0);
  ex.request.bind(proto::row(proto::request::user_list), proto::json::object(), {});
  ex.client.assign(tracer::longest_client, 'c');
  EXPECT_EQ(traces->follow(ex)->client, ex.client);
  ex.client.assign(tracer::longest_client + 1, 'c');
  EXPECT_EQ(traces->follow(ex)->client, "");
}

TEST_F(a_tracer, outlives_whoever_held_it_while_a_request_is_under_way) {
  start({});
  auto told = pass(*traces, proto::request::user_list);
  traces.reset();
  told.reset();
}

TEST(a_trace, counts_the_stamps_that_it_cannot_keep) {
  proto::trace t;
  for (std::size_t i = 0; i < proto::trace::most_stamps + 2; ++i) t.mark(proto::trace_step::decided);
  EXPECT_EQ(t.end() - t.begin(), static_cast<std::ptrdiff_t>(proto::trace::most_stamps));
  EXPECT_EQ(t.lost(), 2);
}

}  // namespace
}  // namespace authnz::actors
