#include "actors/node_meters.hpp"

#include <gtest/gtest.h>

namespace authnz::actors {
namespace {

struct requests_answered : testing::Test {
  void answer(proto::reply r) {
    proto::exchange ex(std::make_shared<nobody>(), 0);
    ex.request.bind(proto::row(proto::request::user_login), proto::json::object(), {});
    ex.arrived = proto::exchange::clock::now();
    ex.observer = &meter;
    ex.answer(std::move(r));
  }
  struct nobody final : proto::reply_sink {
    void deliver(std::uint64_t, proto::reply&&) noexcept override {}
  };
  std::string turnouts() {
    std::string all;
    for (const auto& kind : meter.read())
      for (const auto& [index, n] : kind.turnouts)
        all += std::string(turnout_name(index)) + "=" + std::to_string(n) + " ";
    return all;
  }
  request_meter meter;
};

TEST_F(requests_answered, are_counted_by_their_outcome) {
  answer({proto::http_status::ok, "{}"});
  answer({proto::http_status::ok, "{}", 0, proto::code::invalid_credentials});
  answer({proto::http_status::ok, "{}", 0, proto::code::invalid_credentials});
  answer({proto::http_status::too_many_requests, {}, 1});
  answer({proto::http_status::unavailable, {}, 1});
  answer({proto::http_status::internal_error, {}});
  EXPECT_EQ(turnouts(), "success=1 invalid-credentials=2 rate-limited=1 unavailable=1 error=1 ");
}

TEST_F(requests_answered, by_nobody_count_as_unavailable) {
  {
    proto::exchange ex(std::make_shared<nobody>(), 0);
    ex.request.bind(proto::row(proto::request::user_login), proto::json::object(), {});
    ex.observer = &meter;
  }
  EXPECT_EQ(turnouts(), "unavailable=1 ");
}

TEST_F(requests_answered, are_not_counted_when_they_were_none) {
  answer({proto::http_status::bad_request, {}});
  answer({proto::http_status::unauthorized, {}});
  EXPECT_EQ(turnouts(), "");
}

TEST_F(requests_answered, have_their_durations_measured) {
  answer({proto::http_status::ok, "{}"});
  const auto found = meter.read();
  ASSERT_EQ(found.size(), 1);
  std::uint64_t measured = 0;
  for (const auto n : found[0].duration) measured += n;
  EXPECT_EQ(measured, 1);
}

}  // namespace
}  // namespace authnz::actors
