#include "actors/mailer.hpp"

#include <gtest/gtest.h>

#include "actors/journal.hpp"
#include "actors/mail_seal.hpp"
#include "actors/seed.hpp"
#include "proto/token.hpp"
#include "storage/codec.hpp"
#include "storage/memory_store.hpp"
#include "storage/session_store.hpp"
#include "tests/actor/actor_rig.hpp"

namespace authnz::actors {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using kind = mail_event::kind;

constexpr const char* a_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
constexpr const char* another_key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
constexpr auto address = "root@localhost";

std::shared_ptr<settings> test_settings(const char* key) {
  auto s = std::make_shared<settings>();
  s->common_passwords = std::make_shared<rules::password_list>(std::unordered_set<std::string>{});
  s->argon2 = {8, 1, 1};
  s->mail.sender = "auth@example.org";
  s->mail.route.server = "configured.example.org";
  s->mail.templates = std::make_shared<const mail_templates>(mail_templates::built_in());
  s->mail.keys = *proto::keyring::parse(key);
  return s;
}

/// A mailer over a real journal, with the test in the place of the couriers
/// and of the clock.
class mailer_actor_test : public testing::Test {
 protected:
  void SetUp() override {
    const auto keep = [](const seeded&) { return tl::expected<void, std::string>(); };
    ASSERT_TRUE(seed(store, {address, proto::secret("violet orchard bridge")}, *config, now, keep));
    token = proto::make_token(1, std::array<unsigned char, 32>{7});
    storage::session s;
    s.key = *proto::token_key(token);
    s.user_id = 1;
    s.ip_address = "192.0.2.1";
    s.created = now;
    s.expires = now + 1000h;
    storage::mini_transaction tx;
    storage::add_session(tx, s);
    ASSERT_EQ(store.commit(tx), storage::commit_result::applied);
    const auto commit = [this](std::span<const storage::mini_transaction* const> batch) {
      if (disk_is_full) return std::vector(batch.size(), storage::commit_result::storage_full);
      return store.commit(batch);
    };
    routes.update(
        [&](auto& r) { r.journal = stepped.system.spawn(journal, committer(commit), std::make_shared<meter>()); });
  }
  void TearDown() override {
    stop();
    caf::anon_send_exit(routes.current()->journal, caf::exit_reason::user_shutdown);
    stepped.run();
    routes.update([](auto& r) { r = {}; });
  }

  void start() {
    outbox_parts p;
    p.config = config;
    p.read = [this] { return store.read(); };
    p.commit = [this](commit_ptr&& job) { caf::anon_send(routes.current()->journal, std::move(job)); };
    p.post = [this](mail_ptr&& job) { posted.push_back(std::move(job)); };
    p.now = [this] { return now; };
    p.log = [this](const mail_event& e) { log.push_back(e.what); };
    p.done = done;
    const clocks time{[this] { return now; }, [] { return lanes::clock::now(); }};
    actor = stepped.system.spawn(
        mailer,
        decider_parts{
            store, routes, config, std::make_shared<meter>(), [](const auto&, auto, const auto&, auto) {}, {}, time},
        p);
    stepped.run();
  }
  void stop() {
    posted.clear();
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    stepped.run();
    actor = nullptr;
  }
  void pass(std::chrono::seconds time, std::chrono::seconds step = 1s) {
    for (; time > 0s; time -= step) {
      now += step;
      stepped.pass(step, step);
    }
  }

  /// Puts a message into the store that is due, as if it had been tried before.
  storage::outbox_entry add(std::uint64_t number, const std::optional<mail_route>& route = {}) {
    storage::outbox_entry e;
    storage::append_u64(e.key, number);
    e.key += std::string(16, 'r');
    e.user_id = 1;
    e.kind = static_cast<std::uint8_t>(mail_kind::forgotpass);
    e.created = now;
    e.tries = 1;
    e.next_try = now;
    e.sealed = *seal_mail({{"a@example.org", "b@example.org", std::to_string(number)}, route}, config->mail.keys);
    storage::mini_transaction tx;
    storage::add_mail(tx, e);
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
    return e;
  }
  /// The message that was handed to the couriers first, and what they make of it.
  std::string end_attempt(delivery result) {
    EXPECT_FALSE(posted.empty());
    if (posted.empty()) return {};
    auto job = std::move(posted.front());
    posted.pop_front();
    const auto text = job->mail.text;
    job->report = {result, "of the test"};
    const auto to = job->reply_to;
    caf::anon_send(to, std::move(job));
    stepped.run();
    return text;
  }
  std::size_t waiting() {
    std::size_t n = 0;
    storage::for_each_mail(*store.read(), [&n](const auto&) { return ++n > 0; });
    return n;
  }
  long logged(kind what) { return std::ranges::count(log, what); }
  std::optional<proto::timestamp> sent_time() { return storage::find_user(*store.read(), 1)->emailforgotpass_sent; }

  void ask() {
    const json body{{"email_address", address},
                    {"session_token", token},
                    {"server_name", "Example"},
                    {"server_baseurl", "https://example.org"},
                    {"verification_token", "token"}};
    auto ex = test::make_exchange(to, proto::request::user_sendemail_forgotpass, body.dump().c_str());
    ex->deadline = proto::exchange::clock::time_point::max();
    caf::anon_send(actor, std::move(ex));
    stepped.run();
  }
  json answer() {
    EXPECT_GT(to->size(), 0U);
    return to->size() == 0 ? json() : json::parse(to->take()->text);
  }

  test::stepped_system stepped;
  storage::memory_store store;
  route_table routes;
  proto::timestamp now{1'700'000'000s};
  std::shared_ptr<settings> config = test_settings(a_key);
  std::string token;
  std::deque<mail_ptr> posted;
  std::vector<kind> log;
  meter_ptr done = std::make_shared<meter>();
  bool disk_is_full = false;
  std::shared_ptr<test::answers> to = std::make_shared<test::answers>();
  decider_actor actor;
};

TEST_F(mailer_actor_test, sends_at_its_start_what_is_due) {
  add(7);
  start();
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0]->mail.text, "7");
  EXPECT_EQ(posted[0]->mail.recipient, "b@example.org");
}

TEST_F(mailer_actor_test, removes_what_was_accepted_and_never_sends_it_again) {
  add(7);
  start();
  end_attempt(delivery::accepted);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::accepted), 1);
  pass(25h, 1min);
  stop();
  start();
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, doubles_the_delay_of_retries_up_to_an_hour) {
  add(7);
  start();
  end_attempt(delivery::deferred);
  // The one before this was the first.
  for (const auto delay : {2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    pass(delay - 1s);
    EXPECT_TRUE(posted.empty()) << delay.count();
    pass(1s);
    ASSERT_EQ(posted.size(), 1U) << delay.count();
    end_attempt(delivery::deferred);
  }
  EXPECT_EQ(waiting(), 1U);
}

TEST_F(mailer_actor_test, gives_a_message_up_after_a_day) {
  add(7);
  start();
  const auto end = now + 24h;
  int attempts = 0;
  while (now < end - 10s) {
    if (!posted.empty()) end_attempt(delivery::deferred), ++attempts;
    pass(10s, 10s);
  }
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(attempts, 28);
  pass(20s, 10s);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::given_up), 1);
  EXPECT_EQ(done->read().failed, 1U);
}

TEST_F(mailer_actor_test, gives_up_at_its_start_what_became_too_old_meanwhile) {
  add(7);
  now += 24h;
  start();
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::given_up), 1);
}

TEST_F(mailer_actor_test, drops_a_message_that_is_refused_in_a_retry) {
  add(7);
  start();
  end_attempt(delivery::refused);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::refused), 1);
  EXPECT_EQ(done->read().failed, 1U);
}

TEST_F(mailer_actor_test, drops_what_no_key_opens_any_more) {
  add(7);
  config = test_settings(another_key);
  start();
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(logged(kind::unreadable), 1);
  EXPECT_EQ(done->read().failed, 1U);
}

TEST_F(mailer_actor_test, opens_messages_with_keys_that_came_later) {
  start();
  config = test_settings(another_key);
  add(7);
  caf::anon_send(actor, settings_ptr(config));
  pass(1min);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, uses_the_configured_mail_server_or_the_message_s_own) {
  mail_route own;
  own.server = "own.example.org";
  add(1);
  add(2, own);
  start();
  ASSERT_EQ(posted.size(), 2U);
  EXPECT_EQ(posted[0]->route.server, "configured.example.org");
  EXPECT_EQ(posted[1]->route.server, "own.example.org");
}

TEST_F(mailer_actor_test, hands_out_a_few_retries_at_once_the_oldest_first) {
  for (const std::uint64_t number : {3, 1, 4, 2}) add(number);
  start();
  ASSERT_EQ(posted.size(), outbox_pump::most_retries);
  for (const auto* text : {"1", "2", "3", "4"}) EXPECT_EQ(end_attempt(delivery::accepted), text);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(mailer_actor_test, sends_hundreds_of_messages_without_a_pause) {
  for (std::uint64_t number = 1; number <= 200; ++number) add(number);
  start();
  for (int i = 0; i < 200; ++i) end_attempt(delivery::accepted);
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(mailer_actor_test, never_hands_out_a_retry_that_is_in_flight) {
  add(7);
  start();
  pass(2h, 10s);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, tries_again_when_an_attempt_was_lost) {
  add(7);
  start();
  posted.clear();
  pass(2min);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, begins_no_retry_while_the_server_stops) {
  start();
  caf::anon_send(actor, drain_atom::value);
  add(7);
  pass(2min);
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, sends_nothing_again_until_the_store_knows_that_it_was_accepted) {
  add(7);
  start();
  disk_is_full = true;
  end_attempt(delivery::accepted);
  pass(2h, 10s);
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(waiting(), 1U);
  EXPECT_GT(logged(kind::unrecorded), 0);
  disk_is_full = false;
  pass(2s);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, answers_after_the_first_attempt) {
  start();
  ask();
  EXPECT_EQ(to->size(), 0U);
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0]->mail.recipient, address);
  EXPECT_EQ(posted[0]->route.server, "configured.example.org");
  end_attempt(delivery::accepted);
  const auto a = answer();
  EXPECT_EQ(a["success"], true);
  EXPECT_EQ(a["response"]["queued"], false);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(sent_time(), now);
}

TEST_F(mailer_actor_test, stores_the_message_sealed_before_the_first_attempt) {
  start();
  ask();
  ASSERT_EQ(waiting(), 1U);
  storage::for_each_mail(*store.read(), [&](const storage::outbox_entry& e) {
    EXPECT_EQ(e.sealed.find("Example"), std::string::npos);
    const auto opened = open_mail(e.sealed, config->mail.keys);
    EXPECT_TRUE(opened && opened->mail.text == posted[0]->mail.text);
    return true;
  });
  EXPECT_EQ(sent_time(), now);
}

TEST_F(mailer_actor_test, tries_again_a_minute_after_a_first_attempt_was_deferred) {
  start();
  ask();
  end_attempt(delivery::deferred);
  EXPECT_EQ(answer()["response"]["queued"], true);
  pass(59s);
  EXPECT_TRUE(posted.empty());
  pass(2s);
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(posted[0]->tries, 1U);
}

TEST_F(mailer_actor_test, undoes_a_first_attempt_that_was_refused) {
  start();
  ask();
  end_attempt(delivery::refused);
  EXPECT_EQ(answer()["failure_reason"], "email-failed");
  EXPECT_EQ(waiting(), 0U);
  EXPECT_EQ(sent_time(), std::nullopt);
}

TEST_F(mailer_actor_test, sends_one_message_of_two_that_are_asked_for_at_once) {
  start();
  ask();
  ask();
  ASSERT_EQ(posted.size(), 1U);
  EXPECT_EQ(answer()["failure_reason"], "sent-recently");
  end_attempt(delivery::accepted);
  EXPECT_EQ(answer()["success"], true);
}

TEST_F(mailer_actor_test, decides_again_when_the_account_changed_before_the_message_was_stored) {
  start();
  const auto before = *storage::find_user(*store.read(), 1);
  auto after = before;
  after.active = false;
  storage::mini_transaction tx;
  storage::replace_user(tx, before, after);
  auto held = std::make_shared<commit_job>();
  held->tx = tx;
  // In the journal's mailbox before the mailer's own commit.
  caf::anon_send(routes.current()->journal, std::move(held));
  ask();
  EXPECT_TRUE(posted.empty());
  EXPECT_EQ(answer()["failure_reason"], "account-inactive");
}

TEST_F(mailer_actor_test, does_not_send_what_could_not_be_stored) {
  start();
  disk_is_full = true;
  ask();
  EXPECT_EQ(answer()["failure_reason"], "storage-full");
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, never_hands_out_a_message_whose_first_attempt_is_in_flight) {
  start();
  ask();
  pass(5min);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, leaves_a_first_attempt_that_was_lost_to_the_retries) {
  start();
  ask();
  posted.clear();
  EXPECT_EQ(answer()["response"]["queued"], true);
  pass(58s);
  EXPECT_TRUE(posted.empty());
  pass(65s);
  EXPECT_EQ(posted.size(), 1U);
}

TEST_F(mailer_actor_test, tells_what_became_of_a_message_though_the_disk_is_full) {
  start();
  ask();
  disk_is_full = true;
  end_attempt(delivery::accepted);
  const auto a = answer();
  EXPECT_EQ(a["success"], true);
  EXPECT_EQ(a["response"]["queued"], false);
  pass(2h, 10s);
  EXPECT_TRUE(posted.empty());
  disk_is_full = false;
  pass(2s);
  EXPECT_EQ(waiting(), 0U);
  EXPECT_TRUE(posted.empty());
}

TEST_F(mailer_actor_test, puts_the_sent_time_back_as_soon_as_the_disk_has_room) {
  start();
  ask();
  disk_is_full = true;
  end_attempt(delivery::refused);
  EXPECT_EQ(answer()["failure_reason"], "email-failed");
  EXPECT_NE(sent_time(), std::nullopt);
  pass(10s);
  disk_is_full = false;
  pass(2s);
  EXPECT_EQ(sent_time(), std::nullopt);
  EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace authnz::actors
