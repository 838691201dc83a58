// The outbox as an administrator sees and changes it.
#include "inspecting_desk.hpp"
#include "storage/codec.hpp"
#include "storage/outbox_store.hpp"

namespace authnz::actors::test {
namespace {

class inspected_mail : public testing::Test, protected inspecting_desk {
 protected:
  /// A message to Ada whose sent time is its creation.
  std::string add(std::uint64_t number, std::uint32_t tries) {
    storage::outbox_entry e;
    storage::append_u64(e.key, number);
    e.key += std::string(16, 'r');
    e.user_id = ada;
    e.kind = static_cast<std::uint8_t>(mail_kind::forgotpass);
    e.created = now;
    e.tries = tries;
    e.next_try = now + std::chrono::hours(1);
    e.sealed = "sealed text";
    edit(ada, [&](storage::user& u) { u.emailforgotpass_sent = now; });
    storage::mini_transaction tx;
    storage::add_mail(tx, e);
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
    return queue().back()["key"];
  }
  json queue(const json& arguments = json::object()) {
    return read(inspection::mail_queue(parts(), arguments)).at("messages");
  }
};

TEST_F(inspected_mail, tells_when_and_to_whom_and_never_what) {
  add(1, 3);
  now += std::chrono::seconds(90);
  const auto row = queue().at(0);
  EXPECT_EQ(row["user_id"], ada);
  EXPECT_EQ(row["kind"], "forgotpass");
  EXPECT_EQ(row["tries"], 3);
  EXPECT_EQ(row["age_s"], 90);
  EXPECT_EQ(queue().dump().find("sealed"), std::string::npos);
}

TEST_F(inspected_mail, comes_in_pages) {
  for (std::uint64_t n = 1; n <= 3; ++n) add(n, 1);
  const auto page = read(inspection::mail_queue(parts(), {{"limit", 2}}));
  EXPECT_EQ(page["messages"].size(), 2);
  EXPECT_EQ(queue({{"after", page["next_after"]}}).size(), 1);
}

TEST_F(inspected_mail, is_due_at_once_when_it_is_to_be_tried_again) {
  const auto key = add(1, 3);
  act(inspection::mail_retry, {{"key", key}});
  EXPECT_EQ(queue().at(0)["next_try"], proto::format_time(now));
  EXPECT_EQ(queue().at(0)["tries"], 3);
}

TEST_F(inspected_mail, that_was_never_tried_gives_the_sent_time_back_when_dropped) {
  act(inspection::mail_drop, {{"key", add(1, 0)}});
  EXPECT_TRUE(queue().empty());
  EXPECT_EQ(stored(ada).emailforgotpass_sent, std::nullopt);
}

TEST_F(inspected_mail, that_was_tried_keeps_the_sent_time_when_dropped) {
  act(inspection::mail_drop, {{"key", add(1, 2)}});
  EXPECT_TRUE(queue().empty());
  EXPECT_EQ(stored(ada).emailforgotpass_sent, now);
}

TEST_F(inspected_mail, that_is_gone_cannot_be_tried_or_dropped) {
  const auto key = add(1, 1);
  act(inspection::mail_drop, {{"key", key}});
  EXPECT_EQ(act(inspection::mail_drop, {{"key", key}})["error"], "not-found");
  EXPECT_EQ(act(inspection::mail_retry, {{"key", key}})["error"], "not-found");
  EXPECT_EQ(act(inspection::mail_retry, json::object())["error"], "bad-argument");
}

TEST_F(inspected_mail, limits_cannot_be_seen_without_a_rate_limiter) {
  EXPECT_EQ(act(inspection::limits, json::object())["error"], "unavailable");
  EXPECT_EQ(act(inspection::limits_clear, {{"all", true}})["error"], "unavailable");
  EXPECT_EQ(act(inspection::limits_clear, json::object())["error"], "bad-argument");
  EXPECT_EQ(act(inspection::limits, {{"user_id", 987}})["error"], "not-found");
}

}  // namespace
}  // namespace authnz::actors::test
