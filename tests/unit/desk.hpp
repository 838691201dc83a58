/// Runs decisions to their end without an actor, a disk or a clock: passwords
/// "hash" to text, time stands still until it is moved.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "actors/decisions.hpp"
#include "actors/seed.hpp"
#include "storage/memory_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors::test {

using nlohmann::json;

struct outcome {
  json answer;           ///< as it is sent
  int computations = 0;  ///< password checks and hashes
  std::chrono::microseconds hold{0};
  std::vector<audit_note> audit;

  std::string reason() const { return answer.value("failure_reason", "ok"); }
  json field(const char* name) const { return answer["response"].at(name); }
};

class desk {
 public:
  desk() {
    auto s = std::make_shared<settings>();
    s->server_name = "auth.example.org";
    s->common_passwords = std::make_shared<rules::password_list>(std::unordered_set<std::string>{"letmein letmein"});
    s->disposable_domains = std::make_shared<rules::domain_list>(std::vector<std::string>{"disposable.example"});
    s->argon2 = {8, 1, 1};
    s->permissions = std::make_shared<const rules::permissions>(rules::permissions::built_in());
    s->mail.sender = "Auth <auth@example.org>";
    s->mail.route.server = "mail.example.org";
    s->mail.templates = std::make_shared<const mail_templates>(mail_templates::built_in());
    config = s;
    const auto keep = [](const seeded&) { return tl::expected<void, std::string>(); };
    EXPECT_TRUE(seed(store, {"root@localhost", proto::secret("violet orchard bridge")}, *config, now, keep));
  }

  outcome ask(std::string_view request, json body) {
    proto::call call;
    const auto* row = proto::find_request(request);
    EXPECT_NE(row, nullptr) << request;
    EXPECT_EQ(call.bind(*row, std::move(body), config->limits), "");
    outcome out;
    facts known;
    chance random;
    random.nanoseconds = ++nanoseconds;
    random.bytes.fill(static_cast<unsigned char>(nanoseconds));
    random.more_bytes.fill(static_cast<unsigned char>(nanoseconds + 128));
    const std::string account = account_of(*store.read(), call, now).value_or("");
    for (;;) {
      const auto view = store.read();
      step next = decide({*view, call, *config, known, random, ids, now, now, account});
      EXPECT_FALSE(view->fault());
      if (auto* end = std::get_if<finish>(&next)) return close(*end, std::move(out));
      learn(next, known, out);
    }
  }

  /// Signs up and verifies; the user's id.
  std::int64_t add_user(const std::string& email, const std::string& password = good_password) {
    const auto made = ask("user-new", {{"full_name", "Ada Lovelace"}, {"email", email}, {"password", password}});
    ask("user-set-emailverified", {{"email", email}});
    return made.field("user_id").get<std::int64_t>();
  }

  std::string new_session(std::int64_t user_id = 0) {
    return ask("session-new", {{"ip_address", "192.0.2.1"},
                               {"user_agent", "test"},
                               {"user_id", user_id},
                               {"expires", 1},
                               {"extra_info_json", nullptr}})
        .field("session_token");
  }

  bool is_live(const std::string& token) { return ask("session-exists", {{"session_token", token}}).reason() == "ok"; }

  /// Changes a stored user behind the server's back.
  void edit(std::int64_t id, const std::function<void(storage::user&)>& change) {
    const auto before = storage::find_user(*store.read(), id);
    auto after = *before;
    change(after);
    storage::mini_transaction tx;
    storage::replace_user(tx, *before, after);
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
  }

  static constexpr const char* good_password = "analytical engine no. 1";

  storage::memory_store store;
  settings_ptr config;
  proto::timestamp now{std::chrono::seconds(1'800'000'000)};
  std::uint64_t nanoseconds = 0;
  user_ids ids;
  std::optional<std::uint64_t> breach_matches = 0;
  delivery first_attempt = delivery::accepted;
  std::function<void()> while_sending;  ///< what happens meanwhile
  std::optional<send_mail> outgoing;    ///< the last message

 private:
  void learn(step& next, facts& known, outcome& out) {
    if (const auto* check = std::get_if<check_password>(&next)) {
      ++out.computations;
      known.check = {check->phc, check->phc == "hash:" + std::string(check->password)};
    } else if (const auto* make = std::get_if<make_hash>(&next)) {
      ++out.computations;
      known.new_hash = "hash:" + std::string(make->password);
    } else if (auto* mail = std::get_if<send_mail>(&next)) {
      known.mail = attempt(*mail);
    } else {
      known.breach = {breach_matches};
    }
  }

  mail_check attempt(send_mail& mail) {
    mail.entry.sealed = "sealed";
    storage::mini_transaction tx;
    storage::replace_user(tx, mail.before, mail.after);
    storage::add_mail(tx, mail.entry);
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
    outgoing = std::move(mail);
    if (while_sending) while_sending();
    return {first_attempt, outgoing->entry, outgoing->sender};
  }

  outcome close(finish& end, outcome out) {
    if (!end.tx.writes.empty()) {
      EXPECT_EQ(store.commit(end.tx), storage::commit_result::applied);
    }
    out.answer = json::parse(proto::render(end.answer, "7"));
    out.hold = end.hold;
    out.audit = std::move(end.audit);
    return out;
  }
};

}  // namespace authnz::actors::test
