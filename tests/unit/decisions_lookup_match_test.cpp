#include <gtest/gtest.h>

#include "desk.hpp"

namespace authnz::actors::test {
namespace {

using namespace std::chrono_literals;

const std::string ada = "ada@example.org";
const std::string bob = "bob@example.org";

outcome look_up(desk& d, const std::string& by, json match) {
  return d.ask("user-lookup-match", {{"by", by}, {"match", std::move(match)}});
}

// The ids of those who match, in the order of the answer.
std::vector<std::int64_t> ids(desk& d, const std::string& by, json match) {
  const auto found = look_up(d, by, std::move(match));
  EXPECT_EQ(found.reason(), "ok");
  std::vector<std::int64_t> out;
  for (const auto& user : found.field("user_info")) out.push_back(user["user_id"]);
  return out;
}

using list = std::vector<std::int64_t>;

void set_extra_info(desk& d, std::int64_t id, const std::string& text) {
  d.edit(id, [&](storage::user& u) { u.extra_info = text; });
}

TEST(user_lookup_match, refuses_other_properties) {
  desk d;
  for (const char* by : {"password", "email_verified", "failed_login_tries", "last_updated", "User_id", ""}) {
    const auto refused = look_up(d, by, "x");
    EXPECT_EQ(refused.reason(), "property-invalid") << by;
    EXPECT_EQ(refused.field("user_info"), nullptr) << by;
  }
}

TEST(user_lookup_match, refuses_values_that_are_not_of_the_property_s_type) {
  desk d;
  const json text = "x";
  const json number = 1;
  const json object = json::object();
  const std::vector<std::pair<const char*, std::vector<json>>> wrong{
      {"user_id", {text, true, 1.0, 9223372036854775808U, object}},
      {"system_id", {number, object}},
      {"full_name", {number, json::array()}},
      {"email", {number, object}},
      {"is_active", {number, text}},
      {"created_on", {number, text, "2027-01-15", "2027-01-15T08:00:00.1234567"}},
      {"user_role", {number, true}},
      {"last_login_try", {number, text}},
      {"last_login_success", {number, text}},
      {"extra_info", {text, number, json::array()}}};
  for (const auto& [by, values] : wrong)
    for (const auto& value : values) {
      const auto refused = look_up(d, by, value);
      EXPECT_EQ(refused.reason(), "match-invalid") << by << value;
      EXPECT_EQ(refused.answer["message_codes"], json({"match-invalid"}));
      EXPECT_EQ(refused.field("user_info"), nullptr);
    }
}

TEST(user_lookup_match, gives_user_info) {
  desk d;
  d.add_user(ada);
  const auto found = look_up(d, "email", ada);
  EXPECT_EQ(found.answer["message_codes"], json({"users-found"}));
  EXPECT_EQ(found.field("user_info"), json({d.ask("user-lookup-email", {{"email", ada}}).field("user_info")}));
  EXPECT_TRUE(found.audit.empty());
}

TEST(user_lookup_match, finds_by_id) {
  desk d;
  EXPECT_EQ(ids(d, "user_id", 2), list{2});
  EXPECT_EQ(ids(d, "user_id", 99), list{});
  EXPECT_EQ(ids(d, "user_id", -1), list{});
}

TEST(user_lookup_match, finds_by_address_in_every_spelling) {
  desk d;
  const auto id = d.add_user(ada);
  EXPECT_EQ(ids(d, "email", "ADA@Example.Org"), list{id});
  EXPECT_EQ(ids(d, "email", "nobody@example.org"), list{});
}

TEST(user_lookup_match, finds_by_system_id_as_long_as_the_user_lives) {
  desk d;
  const auto id = d.add_user(ada);
  const std::string system_id = storage::find_user(*d.store.read(), id)->system_id;
  EXPECT_EQ(ids(d, "system_id", system_id), list{id});
  EXPECT_EQ(ids(d, "system_id", ""), list{});
  d.ask("user-delete", {{"email", ada}, {"user_id", id}, {"password", desk::good_password}});
  EXPECT_EQ(ids(d, "system_id", system_id), list{});
}

TEST(user_lookup_match, compares_names_in_normal_form_with_and_without_entities) {
  desk d;
  const auto id = d.add_user(ada);
  d.add_user(bob);
  d.edit(id, [](storage::user& u) { u.full_name = "Miles O&#x27;Brien"; });
  EXPECT_EQ(ids(d, "full_name", "Miles O'Brien"), list{id});
  EXPECT_EQ(ids(d, "full_name", "Miles O&#x27;Brien"), list{id});
  EXPECT_EQ(ids(d, "full_name", "  \xEF\xBC\xADiles \t O'Brien "), list{id});  // a full-width M
  EXPECT_EQ(ids(d, "full_name", "miles o'brien"), list{});
}

TEST(user_lookup_match, lists_all_who_match_by_ascending_id) {
  desk d;
  const auto first = d.add_user(bob);
  const auto second = d.add_user(ada);
  EXPECT_EQ(ids(d, "full_name", "Ada Lovelace"), (list{first, second}));
}

TEST(user_lookup_match, compares_the_presented_state) {
  desk d;
  const auto locked = d.add_user(ada);
  const auto unlocked = d.add_user(bob);
  for (int i = 0; i < 10; ++i) d.ask("user-passcheck-nosession", {{"email", ada}, {"password", "wrong"}});
  EXPECT_EQ(ids(d, "is_active", true), (list{1, 2, unlocked}));
  EXPECT_EQ(ids(d, "is_active", false), (list{3, locked}));
  EXPECT_EQ(ids(d, "user_role", "authenticated"), list{unlocked});
  EXPECT_EQ(ids(d, "user_role", "locked"), (list{3, locked}));
  EXPECT_EQ(ids(d, "user_role", "Superuser"), list{});
}

TEST(user_lookup_match, compares_times_as_moments) {
  desk d;
  d.now = proto::timestamp(1'800'000'000s + 250ms);
  const auto id = d.add_user(ada);
  EXPECT_EQ(ids(d, "created_on", "2027-01-15T08:00:00.25"), list{id});
  EXPECT_EQ(ids(d, "created_on", "2027-01-15T10:00:00.250000+02:00"), list{id});
  EXPECT_EQ(ids(d, "created_on", "2027-01-15T08:00:00"), (list{1, 2, 3}));
  EXPECT_EQ(ids(d, "created_on", "2027-01-15T08:00:00.250001"), list{});
}

TEST(user_lookup_match, tells_the_login_times_apart) {
  desk d;
  const auto id = d.add_user(ada);
  d.ask("user-login", {{"session_token", d.new_session()}, {"email", ada}, {"password", desk::good_password}});
  const auto success = proto::format_time(d.now);
  d.now += 1h;
  d.ask("user-login", {{"session_token", d.new_session()}, {"email", ada}, {"password", "wrong"}});
  EXPECT_EQ(ids(d, "last_login_success", success), list{id});
  EXPECT_EQ(ids(d, "last_login_try", success), list{});
  EXPECT_EQ(ids(d, "last_login_try", proto::format_time(d.now)), list{id});
}

TEST(user_lookup_match, finds_extra_info_by_each_top_level_key) {
  desk d;
  const auto id = d.add_user(ada);
  set_extra_info(d, id, R"({"team":"blue","address":{"city":"Ulm","no":4},"none":null})");
  EXPECT_EQ(ids(d, "extra_info", {{"team", "blue"}}), list{id});
  EXPECT_EQ(ids(d, "extra_info", {{"team", "blue"}, {"none", nullptr}}), list{id});
  EXPECT_EQ(ids(d, "extra_info", {{"team", "blue"}, {"more", nullptr}}), list{});
  EXPECT_EQ(ids(d, "extra_info", {{"team", "red"}}), list{});
  EXPECT_EQ(ids(d, "extra_info", {{"address", {{"no", 4}, {"city", "Ulm"}}}}), list{id});
  EXPECT_EQ(ids(d, "extra_info", {{"address", {{"city", "Ulm"}}}}), list{});
}

TEST(user_lookup_match, compares_extra_info_as_json_values) {
  desk d;
  const auto id = d.add_user(ada);
  set_extra_info(d, id, R"({"level":1,"text":"1","on":true,"list":[1,2]})");
  EXPECT_EQ(ids(d, "extra_info", {{"level", 1.0}}), list{id});
  EXPECT_EQ(ids(d, "extra_info", {{"level", "1"}}), list{});
  EXPECT_EQ(ids(d, "extra_info", {{"text", 1}}), list{});
  EXPECT_EQ(ids(d, "extra_info", {{"on", 1}}), list{});
  EXPECT_EQ(ids(d, "extra_info", {{"list", {2, 1}}}), list{});
}

TEST(user_lookup_match, finds_nobody_by_empty_extra_info) {
  desk d;
  const auto id = d.add_user(ada);
  set_extra_info(d, id, "{}");
  EXPECT_EQ(ids(d, "extra_info", json::object()), list{});
}

TEST(user_lookup_match, passes_users_without_extra_info_by) {
  desk d;
  d.edit(d.add_user(ada), [](storage::user& u) { u.extra_info.reset(); });
  const auto id = d.add_user(bob);
  EXPECT_EQ(ids(d, "extra_info", {{"type", "normal-user"}}), list{id});
}

}  // namespace
}  // namespace authnz::actors::test
