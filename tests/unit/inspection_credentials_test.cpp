// Sessions and API keys as an administrator sees and ends them.
#include "inspecting_desk.hpp"

namespace authnz::actors::test {
namespace {

class inspected_credentials : public testing::Test, protected inspecting_desk {
 protected:
  json sessions(const json& arguments) { return read(inspection::sessions(parts(), arguments)); }
  json apikeys(const json& arguments) { return read(inspection::apikeys(parts(), arguments)); }
  json ada_s() { return {{"user_id", ada}}; }
  std::string state_of_session() { return sessions(ada_s())["sessions"].at(0)["state"]; }
  std::string state_of_key(std::size_t n = 0) { return apikeys(ada_s())["apikeys"].at(n)["state"]; }
  std::string key_of_session() { return sessions(ada_s())["sessions"].at(0)["key"]; }
};

TEST_F(inspected_credentials, show_no_token) {
  const auto text = sessions(ada_s()).dump();
  EXPECT_EQ(text.find(session), std::string::npos);
  const auto row = json::parse(text)["sessions"].at(0);
  EXPECT_EQ(row["node"], "here");
  EXPECT_EQ(row["ip_address"], "192.0.2.1");
  EXPECT_EQ(row["extra_info"], false);
}

TEST_F(inspected_credentials, are_found_by_address_and_by_id) {
  EXPECT_EQ(sessions({{"email", stored(ada).email}}), sessions(ada_s()));
  EXPECT_EQ(sessions({{"email", "nobody@example.org"}})["error"], "not-found");
  EXPECT_EQ(sessions({{"user_id", 987}})["sessions"].size(), 0);
}

TEST_F(inspected_credentials, say_why_a_session_is_dead) {
  EXPECT_EQ(state_of_session(), "live");
  const auto begin = now;
  now += std::chrono::hours(48);
  EXPECT_EQ(state_of_session(), "expired");
  now = begin;
  edit(ada, [](storage::user& u) { u.verified = false; });
  EXPECT_EQ(state_of_session(), "live");
  EXPECT_EQ(sessions(ada_s())["sessions"].at(0)["user_in_good_standing"], false);
  edit(ada, [](storage::user& u) { ++u.session_epoch; });
  EXPECT_EQ(state_of_session(), "revoked");
  remove_as_server(ada);
  EXPECT_EQ(state_of_session(), "user-deleted");
}

TEST_F(inspected_credentials, come_in_pages_without_gaps) {
  for (int i = 0; i < 5; ++i) new_session(ada);
  std::vector<json> keys;
  json after;
  do {
    auto arguments = ada_s();
    arguments["limit"] = 2;
    arguments["after"] = after;
    const auto page = sessions(arguments);
    for (const auto& row : page["sessions"]) keys.push_back(row["key"]);
    after = page["next_after"];
  } while (!after.is_null());
  EXPECT_EQ(keys.size(), 6);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST_F(inspected_credentials, of_all_users_are_listed) {
  const auto all = sessions({})["sessions"];
  EXPECT_EQ(all.size(), 2) << "root's and Ada's";
}

TEST_F(inspected_credentials, refuse_arguments_that_make_no_sense) {
  for (const auto& bad : {json{{"user_id", "7"}}, json{{"user_id", 0}}, json{{"email", 7}}, json{{"limit", 0}},
                          json{{"limit", 1001}}, json{{"after", "zz"}}, json{{"key", "12"}}, json{{"key", 7}}})
    EXPECT_EQ(sessions(bad)["error"], "bad-argument") << bad;
}

TEST_F(inspected_credentials, end_one_session_and_no_other) {
  const auto other = new_session(ada);
  const auto key = key_of_session();
  EXPECT_EQ(act(inspection::session_end, {{"key", key}})["key"], key);
  EXPECT_FALSE(is_live(session));
  EXPECT_TRUE(is_live(other));
  EXPECT_EQ(act(inspection::session_end, {{"key", key}})["error"], "not-found");
}

TEST_F(inspected_credentials, are_named_by_the_beginning_of_a_key) {
  const auto key = key_of_session();
  for (std::size_t digits : {20U, 21U})
    EXPECT_EQ(sessions({{"key", key.substr(0, digits)}})["sessions"].at(0)["key"], key);
}

TEST_F(inspected_credentials, refuse_a_beginning_that_names_several) {
  // The moments of both differ in the last digits alone.
  EXPECT_EQ(act(inspection::session_end, {{"key", key_of_session().substr(0, 12)}})["error"], "bad-argument");
  EXPECT_TRUE(is_live(session));
}

TEST_F(inspected_credentials, show_keys_of_both_kinds_and_no_token) {
  const auto of_session = new_key();
  const auto free = new_key_nosession();
  const auto answer = apikeys(ada_s());
  ASSERT_EQ(answer["apikeys"].size(), 2);
  EXPECT_EQ(answer["apikeys"][0]["kind"], "of-session");
  EXPECT_EQ(answer["apikeys"][0]["session"], key_of_session());
  EXPECT_EQ(answer["apikeys"][1]["kind"], "without-session");
  for (const auto& token : {of_session["tkn"], free.claims["tkn"], json(free.refresh_token)})
    EXPECT_EQ(answer.dump().find(token.get<std::string>()), std::string::npos);
}

TEST_F(inspected_credentials, say_why_a_key_is_of_no_use) {
  new_key();
  const auto free = new_key_nosession();
  EXPECT_EQ(state_of_key(0), "live");
  EXPECT_EQ(state_of_key(1), "live");
  act(inspection::session_end, {{"key", key_of_session()}});
  EXPECT_EQ(state_of_key(0), "session-ended");
  now += std::chrono::seconds(700);
  EXPECT_EQ(state_of_key(1), "refreshable");
  refresh(free);
  EXPECT_EQ(state_of_key(1), "refreshed");
  EXPECT_EQ(state_of_key(2), "live");
  edit(ada, [](storage::user& u) { u.active = false; });
  EXPECT_EQ(state_of_key(2), "user-not-in-good-standing");
  edit(ada, [](storage::user& u) { ++u.apikey_epoch; });
  EXPECT_EQ(state_of_key(2), "revoked");
}

TEST_F(inspected_credentials, revoke_a_key_with_all_that_were_refreshed_from_the_same) {
  const auto first = new_key_nosession();
  const auto next = issued_by(refresh(first));
  const auto other = new_key_nosession();
  const auto rows = apikeys(ada_s())["apikeys"];
  ASSERT_EQ(verdict_nosession_on(next.claims), "ok");
  const auto answer = act(inspection::apikey_revoke, {{"key", rows.at(0)["key"]}});
  EXPECT_EQ(answer["family_revoked"], true);
  EXPECT_NE(verdict_nosession_on(next.claims), "ok");
  EXPECT_EQ(verdict_nosession_on(other.claims), "ok");
}

TEST_F(inspected_credentials, revoke_a_key_of_a_session) {
  const auto claims = new_key();
  EXPECT_EQ(act(inspection::apikey_revoke, {{"key", apikeys(ada_s())["apikeys"].at(0)["key"]}})["family_revoked"],
            false);
  EXPECT_NE(verdict_on(claims), "ok");
  EXPECT_TRUE(is_live(session));
}

}  // namespace
}  // namespace authnz::actors::test
