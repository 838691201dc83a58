// Which permissions files are taken, and where the others are broken (contract, section 9.1).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/rules/permissions.hpp"

namespace authnz::actors::rules {
namespace {

using nlohmann::json;
using texts = std::vector<std::string>;
using change = std::function<void(json&)>;

json model() { return json::parse(default_permissions_text()); }

std::string error_of(const tl::expected<permissions, std::string>& read) { return read ? "" : read.error(); }

/// The errors of the default model after a change; none if it is fine.
texts errors_after(const change& edit) {
  auto m = model();
  edit(m);
  auto checked = permissions::check(m.dump());
  return checked ? texts() : checked.error();
}

TEST(permissions_file, is_fine_as_it_is_built_in) {
  EXPECT_EQ(errors_after([](json&) {}), texts());
  const auto p = permissions::parse(default_permissions_text());
  ASSERT_TRUE(p);
  EXPECT_EQ(p->roles, (permissions::names{"superuser", "staff", "authenticated", "anonymous", "locked"}));
  EXPECT_EQ(p->item_policies.size(), 7U);
  EXPECT_EQ(p->role_policies.size(), 5U);
  EXPECT_EQ(p->role_policies.at("staff").limits.at("max_requests").limit, 1'000'000);
}

TEST(permissions_file, may_hold_members_that_are_unknown_and_names_twice) {
  EXPECT_EQ(errors_after([](json& m) {
              m["comment"] = "ours";
              m["limits"]["max"]["comment"] = 1;
              m["item_policy"]["dataset"]["comment"] = nullptr;
              m["role_policy"]["staff"]["comment"] = json::array();
              m["role_policy"]["staff"]["limits"]["max_requests"]["comment"] = true;
              m["roles"].push_back("staff");
              m["role_policy"]["staff"]["can_own_items"].push_back("dataset");
            }),
            texts());
}

TEST(permissions_file, may_be_without_staff) {
  EXPECT_EQ(errors_after([](json& m) {
              m["roles"] = {"superuser", "authenticated", "anonymous", "locked"};
              m["role_policy"].erase("staff");
            }),
            texts());
}

struct breakage {
  const char* name;
  change edit;
  std::string error;
};

class permissions_file_breaks : public testing::TestWithParam<breakage> {};

TEST_P(permissions_file_breaks, with_one_error_that_says_where) {
  EXPECT_EQ(errors_after(GetParam().edit), texts{GetParam().error});
}

INSTANTIATE_TEST_SUITE_P(
    each, permissions_file_breaks,
    testing::Values(
        breakage{"action_of_other",
                 [](json& m) { m["role_policy"]["staff"]["allowed_actions_for_other"]["shared"][2] = "fly"; },
                 R"($.role_policy.staff.allowed_actions_for_other.shared[2]: "fly" is no declared action)"},
        breakage{"visibility_of_other",
                 [](json& m) { m["role_policy"]["staff"]["allowed_actions_for_other"]["hidden"] = {"view"}; },
                 R"($.role_policy.staff.allowed_actions_for_other.hidden: "hidden" is no declared visibility)"},
        breakage{"owned_action",
                 [](json& m) { m["role_policy"]["staff"]["allowed_actions_for_owned"].push_back("fly"); },
                 R"($.role_policy.staff.allowed_actions_for_owned[7]: "fly" is no declared action)"},
        breakage{"own_item", [](json& m) { m["role_policy"]["anonymous"]["can_own_items"] = {"gadget"}; },
                 R"($.role_policy.anonymous.can_own_items[0]: "gadget" is no declared item)"},
        breakage{"item_action",
                 [](json& m) {
                   m["item_policy"]["user"]["valid_role_actions"] = {"list", "fly"};
                 },
                 R"($.item_policy.user.valid_role_actions[1]: "fly" is no declared action)"},
        breakage{"item_visibility", [](json& m) { m["item_policy"]["user"]["valid_visibilities"] = {"hidden"}; },
                 R"($.item_policy.user.valid_visibilities[0]: "hidden" is no declared visibility)"},
        breakage{"item_role", [](json& m) { m["item_policy"]["user"]["invalid_roles"] = {"nobody"}; },
                 R"($.item_policy.user.invalid_roles[0]: "nobody" is no declared role)"},
        breakage{"item_of_nobody", [](json& m) { m["item_policy"]["gadget"] = m["item_policy"]["dataset"]; },
                 R"($.item_policy.gadget: "gadget" is no declared item)"},
        breakage{"role_of_nobody", [](json& m) { m["role_policy"]["a \"b\""] = m["role_policy"]["staff"]; },
                 R"($.role_policy["a \"b\""]: "a \"b\"" is no declared role)"},
        breakage{"item_without_policy", [](json& m) { m["items"].push_back("gadget"); },
                 "$.item_policy.gadget: is missing"},
        breakage{"role_without_policy", [](json& m) { m["roles"].push_back("a-b"); },
                 "$.role_policy[\"a-b\"]: is missing"},
        breakage{"limit_type", [](json& m) { m["role_policy"]["staff"]["limits"]["max_requests"]["type"] = "most"; },
                 R"($.role_policy.staff.limits.max_requests.type: "most" is no declared limit type)"},
        breakage{"limit", [](json& m) { m["role_policy"]["staff"]["limits"]["max_requests"]["limit"] = "5"; },
                 "$.role_policy.staff.limits.max_requests.limit: must be a number, but is string"},
        breakage{"number_type", [](json& m) { m["limits"]["max"]["type"] = "integer"; },
                 R"($.limits.max.type: must be "int" or "float")"},
        breakage{"operator", [](json& m) { m["limits"]["min"]["operator"] = "<"; },
                 R"($.limits.min.operator: must be "lt" or "gt")"},
        breakage{"element", [](json& m) { m["actions"][3] = nullptr; }, "$.actions[3]: must be a string, but is null"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(permissions_file, needs_the_roles_that_the_server_itself_uses) {
  for (const std::string role : {"superuser", "authenticated", "anonymous", "locked"}) {
    const auto errors = errors_after([&role](json& m) {
      m["roles"].erase(std::find(m["roles"].begin(), m["roles"].end(), role));
      m["role_policy"].erase(role);
      for (auto& item : m["item_policy"]) item["invalid_roles"] = json::array();
    });
    EXPECT_EQ(errors, texts{"$.roles: must hold \"" + role + "\""});
  }
}

TEST(permissions_file, tells_every_error_but_none_that_follows_from_another) {
  EXPECT_EQ(errors_after([](json& m) {
              m["actions"] = "list view";
              m["visibilities"].push_back(5);
              m["item_policy"]["user"].erase("invalid_roles");
              m["role_policy"]["staff"]["limits"] = json::array();
            }),
            (texts{"$.actions: must be an array, but is string", "$.visibilities[4]: must be a string, but is number",
                   "$.item_policy.user.invalid_roles: is missing",
                   "$.role_policy.staff.limits: must be an object, but is array"}));
}

TEST(permissions_file, must_be_json) {
  const auto error = [](std::string_view text) { return error_of(permissions::parse(text)); };
  EXPECT_TRUE(error("{\n  'roles': []\n}").starts_with("$: is not JSON: parse error at line 2, column 3: "))
      << error("{\n  'roles': []\n}");
  for (const char* text : {"", " ", "{", "{\"roles\": [NaN]}", "{} {}", "{\"roles\": [1e999]}", "{\"\xFF\": 1}",
                           "{\"roles\": [\"\\ud800\"]}", "// ours\n{}"})
    EXPECT_TRUE(error(text).starts_with("$: is not JSON: ")) << error(text);
  for (const char* text : {"[]", "null", "5", "\"{}\""})
    EXPECT_TRUE(error(text).starts_with("$: must be an object, but is ")) << error(text);
  EXPECT_TRUE(error(std::string(100'000, '[')).starts_with("$: is not JSON: "));
}

/// Visits every value below the root with its place, as the errors name it.
/// Elements of lists and members that the file is free to leave out are `optional`.
struct visited {
  json::json_pointer where;
  std::string path;
  bool optional;
};

bool may_be_left_out(const std::string& object_path) {
  return object_path.ends_with(".allowed_actions_for_other") || object_path.ends_with(".limits");
}

void visit(const json& value, const json::json_pointer& where, const std::string& path, std::vector<visited>& out) {
  for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
    out.push_back({where / i, path + "[" + std::to_string(i) + "]", true});
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    out.push_back({where / name, path + "." + name, may_be_left_out(path)});
    visit(member, where / name, path + "." + name, out);
  }
}

std::vector<visited> all_places() {
  std::vector<visited> out;
  visit(model(), json::json_pointer(), "$", out);
  return out;
}

TEST(permissions_file, needs_each_member) {
  int removed = 0;
  for (const auto& place : all_places()) {
    if (place.optional) continue;
    const auto errors = errors_after([&](json& m) { m[place.where.parent_pointer()].erase(place.where.back()); });
    ++removed;
    EXPECT_EQ(errors, texts{place.path + ": is missing"});
  }
  EXPECT_GT(removed, 70);
}

TEST(permissions_file, needs_the_right_type_everywhere) {
  const std::vector<json> samples{nullptr, true, 5, 0.5, "text", json::array(), json::object()};
  int replaced = 0;
  for (const auto& place : all_places()) {
    const auto right = model()[place.where];
    for (const auto& sample : samples) {
      if (std::string_view(sample.type_name()) == right.type_name()) continue;
      const auto errors = errors_after([&](json& m) { m[place.where] = sample; });
      ++replaced;
      ASSERT_FALSE(errors.empty()) << place.path << ' ' << sample;
      EXPECT_TRUE(errors[0].starts_with(place.path + ": must be ")) << errors[0];
      EXPECT_TRUE(errors[0].ends_with(std::string(", but is ") + sample.type_name())) << errors[0];
    }
  }
  EXPECT_GT(replaced, 1000);
}

class permissions_on_disk : public testing::Test {
 protected:
  permissions_on_disk() {
    std::string name = (std::filesystem::temp_directory_path() / "authnz-policy-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  ~permissions_on_disk() override { std::filesystem::remove_all(directory); }

  std::string error_after_writing(const std::string& content) {
    std::ofstream(file()) << content;
    return error_of(permissions::load(file()));
  }
  std::string file() const { return (directory / "p.json").string(); }

  std::filesystem::path directory;
};

TEST_F(permissions_on_disk, are_loaded) {
  EXPECT_EQ(error_after_writing(default_permissions_text()), "");
  EXPECT_EQ(error_after_writing("\xEF\xBB\xBF" + model().dump(1)), "") << "a byte order mark is harmless";
}

TEST_F(permissions_on_disk, are_named_with_what_is_wrong) {
  EXPECT_EQ(error_after_writing("{}"), file() + ": $.roles: is missing");
  EXPECT_EQ(error_of(permissions::load(directory / "none")),
            "cannot read " + (directory / "none").string() + ": No such file or directory");
  EXPECT_EQ(error_of(permissions::load(directory)), "cannot read " + directory.string() + ": Is a directory");
}

}  // namespace
}  // namespace authnz::actors::rules
