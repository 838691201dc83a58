/// A desk at which messages are asked for.
#pragma once

#include "desk.hpp"

namespace authnz::actors::test {

using namespace std::chrono_literals;

inline const std::string ada = "ada@example.org";

/// A desk with an account that is to be mailed, and a session that asks for it.
class mail_desk : public desk {
 public:
  explicit mail_desk(bool verified) {
    id = ask("user-new", {{"full_name", "Ada"}, {"email", ada}, {"password", good_password}}).field("user_id");
    if (verified) ask("user-set-emailverified", {{"email", ada}});
    token = new_session();
    now += 1h;
  }

  json body() const {
    return {{"email_address", ada},
            {"session_token", token},
            {"server_name", "Example"},
            {"server_baseurl", "https://example.org"},
            {"verification_token", "visible-token"}};
  }
  storage::user user() { return *storage::find_user(*store.read(), id); }
  void configure(const std::function<void(mail_settings&)>& change) {
    auto changed = std::make_shared<settings>(*config);
    change(changed->mail);
    config = changed;
  }
  std::optional<storage::outbox_entry> stored() { return storage::find_mail(*store.read(), outgoing->entry.key); }
  void remove_user() {
    storage::mini_transaction tx;
    storage::remove_user(tx, user());
    EXPECT_EQ(store.commit(tx), storage::commit_result::applied);
  }

  std::int64_t id = 0;
  std::string token;
};

class signup_desk : public mail_desk {
 public:
  signup_desk() : mail_desk(false) {}
  json body() const {
    auto b = mail_desk::body();
    b["created_info"] = {{"user_id", id}, {"user_email", ada}, {"send_verification", true}};
    return b;
  }
  outcome send(const json& changes = json::object()) {
    auto b = body();
    b.merge_patch(changes);
    return ask("user-sendemail-signup", b);
  }
};

class forgotpass_desk : public mail_desk {
 public:
  forgotpass_desk() : mail_desk(true) {}
  outcome send(const json& changes = json::object()) {
    auto b = body();
    b.merge_patch(changes);
    return ask("user-sendemail-forgotpass", b);
  }
};

template <class Desk>
class sendemail : public testing::Test {
 protected:
  static constexpr bool is_signup = std::is_same_v<Desk, signup_desk>;
  std::optional<proto::timestamp> sent_time() {
    const auto u = d.user();
    return is_signup ? u.emailverify_sent : u.emailforgotpass_sent;
  }
  void expect_failure(const outcome& o, const std::string& reason, const std::string& message) {
    EXPECT_EQ(o.reason(), reason);
    EXPECT_EQ(o.answer["message_codes"], json::array({message})) << reason;
    const std::vector<std::string> own{time_field, time_field_2019, "user_id", "email_address", "queued"};
    for (const auto& field : own) EXPECT_EQ(o.field(field.c_str()), nullptr) << field;
    ASSERT_EQ(o.audit.size(), 1U) << reason;
    EXPECT_EQ(o.audit[0].event, event);
    EXPECT_FALSE(d.outgoing) << reason;
  }

  const std::string event = is_signup ? "mail.signup" : "mail.forgotpass";
  const char* time_field = is_signup ? "emailverify_sent_datetime" : "emailforgotpass_sent_datetime";
  const char* time_field_2019 = is_signup ? "verifyemail_sent_datetime" : "forgotemail_sent_datetime";
  Desk d;
};

}  // namespace authnz::actors::test
