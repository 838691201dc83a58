/// A mailer whose couriers and clock are the test's.
#pragma once

#include <gtest/gtest.h>

#include "actors/journal.hpp"
#include "actors/mail_seal.hpp"
#include "actors/mailer.hpp"
#include "actors/seed.hpp"
#include "proto/token.hpp"
#include "storage/codec.hpp"
#include "storage/memory_store.hpp"
#include "storage/session_store.hpp"
#include "tests/actor/actor_rig.hpp"
#include "tests/actor/test_roster.hpp"

namespace authnz::actors::test {

using namespace std::chrono_literals;
using nlohmann::json;
using kind = mail_event::kind;

inline constexpr const char* a_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
inline constexpr const char* another_key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
inline constexpr auto address = "root@localhost";

inline std::shared_ptr<settings> test_settings(const char* key) {
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
    routes.update([&](auto& r) {
      r.journal = stepped.system.spawn(journal, committer(commit), std::make_shared<meter>(), node_meters_ptr());
    });
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
    p.read = [this] {
      ++looks;
      return store.read();
    };
    p.commit = [this](commit_ptr&& job) { caf::anon_send(routes.current()->journal, std::move(job)); };
    p.post = [this](mail_ptr&& job) { posted.push_back(std::move(job)); };
    p.now = [this] { return now; };
    p.log = [this](const mail_event& e) { log.push_back(e.what); };
    p.done = done;
    p.duties = duties;
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
    auto ex = make_exchange(to, proto::request::user_sendemail_forgotpass, body.dump().c_str());
    ex->deadline = proto::exchange::clock::time_point::max();
    caf::anon_send(actor, std::move(ex));
    stepped.run();
  }
  json answer() {
    EXPECT_GT(to->size(), 0U);
    return to->size() == 0 ? json() : json::parse(to->take()->text);
  }

  stepped_system stepped;
  storage::memory_store store;
  route_table routes;
  proto::timestamp now{1'700'000'000s};
  std::shared_ptr<settings> config = test_settings(a_key);
  std::string token;
  std::deque<mail_ptr> posted;
  std::vector<kind> log;
  meter_ptr done = std::make_shared<meter>();
  bool disk_is_full = false;
  int looks = 0;
  const duty_roster* duties = nullptr;
  std::shared_ptr<answers> to = std::make_shared<answers>();
  decider_actor actor;
};

}  // namespace authnz::actors::test
