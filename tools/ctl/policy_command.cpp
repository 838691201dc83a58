#include "tools/ctl/policy_command.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "actors/rules/permissions.hpp"
#include "tools/ctl/asking.hpp"
#include "tools/ctl/reload.hpp"

namespace authnz::ctl {

namespace {

using actors::rules::permissions;
using nlohmann::json;

constexpr int broken_or_denied = 1;
constexpr int usage_error = 2;
constexpr int no_policy = 3;

// Nobody has it, so that the caller is not the owner unless both are given.
constexpr std::int64_t somebody_else = -1;

struct policy_options {
  std::string file;
  std::string role, action, item, visibility, shared_with;
  std::int64_t user_id = 0;
  std::int64_t owner = somebody_else;
  std::string limit, value;
  bool json = false;
};

using options_ptr = std::shared_ptr<policy_options>;

std::string count(std::size_t n, std::string_view one, std::string_view many) {
  return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

std::size_t number_of_limits(const permissions& p) {
  std::size_t n = 0;
  for (const auto& [role, policy] : p.role_policies) n += policy.limits.size();
  return n;
}

void print_errors(const std::vector<std::string>& errors) {
  for (const auto& error : errors) std::cerr << error << '\n';
}

int check(const policy_options& o) {
  const auto checked = permissions::check_file(o.file);
  if (!checked) {
    print_errors(checked.error());
    return broken_or_denied;
  }
  std::cout << "ok: " << count(checked->roles.size(), "role", "roles") << ", "
            << count(checked->items.size(), "item", "items") << ", "
            << count(checked->actions.size(), "action", "actions") << ", "
            << count(checked->visibilities.size(), "visibility", "visibilities") << ", "
            << count(number_of_limits(*checked), "limit", "limits") << '\n';
  return 0;
}

/// Calls `decide` with the policy that the options name.
template <class Decide>
int with_policy(const policy_options& o, const Decide& decide) {
  if (o.file.empty()) return decide(permissions::built_in());
  const auto loaded = permissions::check_file(o.file);
  if (loaded) return decide(*loaded);
  print_errors(loaded.error());
  return no_policy;
}

int tell(bool granted, std::string_view word, const std::vector<std::string>& why, bool as_json) {
  if (as_json) {
    std::cout << nlohmann::ordered_json{{"granted", granted}, {"why", why}}.dump(2, ' ', true) << '\n';
  } else {
    std::cout << word << '\n';
    for (const auto& line : why) std::cout << "  " << line << '\n';
  }
  return granted ? 0 : broken_or_denied;
}

int explain(const policy_options& o) {
  const auto shared_with = actors::rules::parse_shared_with(o.shared_with);
  if (!shared_with) {
    std::cerr << "--shared-with: must be ids separated by commas\n";
    return usage_error;
  }
  return with_policy(o, [&](const permissions& p) {
    const auto explained =
        actors::rules::explain_access(p, {o.user_id, o.role, o.action, o.item, o.owner, o.visibility, *shared_with});
    return tell(explained.granted, explained.granted ? "granted" : "denied", explained.why, o.json);
  });
}

json value_of(const std::string& text) {
  auto parsed = json::parse(text, nullptr, false);
  return parsed.is_discarded() ? json(text) : parsed;
}

std::string_view word_of(actors::rules::limit_verdict v) {
  switch (v) {
    case actors::rules::limit_verdict::passed: return "passed";
    case actors::rules::limit_verdict::over: return "over-limit";
    case actors::rules::limit_verdict::value_invalid: return "limit-value-invalid";
  }
  return "";
}

int explain_limit(const policy_options& o) {
  return with_policy(o, [&](const permissions& p) {
    const auto explained = actors::rules::explain_limit(p, o.role, o.limit, value_of(o.value));
    const bool passed = explained.verdict == actors::rules::limit_verdict::passed;
    return tell(passed, word_of(explained.verdict), explained.why, o.json);
  });
}

void add_explain(CLI::App& policy, const options_ptr& o, int& status) {
  auto* app = policy.add_subcommand("explain", "Say whether a role may do something, and why");
  app->add_option("--role", o->role, "The caller's stored role")->required();
  app->add_option("--action", o->action, "What is to be done")->required();
  app->add_option("--item", o->item, "Kind of the item")->required();
  app->add_option("--visibility", o->visibility, "Visibility of the item")->required();
  app->add_option("--user-id", o->user_id, "The caller")->check(CLI::PositiveNumber);
  app->add_option("--owner", o->owner, "The item's owner; by default somebody else")->check(CLI::PositiveNumber);
  app->add_option("--shared-with", o->shared_with, "Ids separated by commas; by default nobody");
  app->add_option("--file", o->file, "Permissions file; by default what is built in");
  app->add_flag("--json", o->json, "As JSON");
  app->callback([o, &status] { status = explain(*o); });
}

void add_explain_limit(CLI::App& policy, const options_ptr& o, int& status) {
  auto* app = policy.add_subcommand("explain-limit", "Say whether a value is within a role's limit, and why");
  app->add_option("--role", o->role, "The caller's stored role")->required();
  app->add_option("--limit", o->limit, "Name of the limit")->required();
  app->add_option("--value", o->value, "What is to be checked, as JSON; what is not JSON is a text")->required();
  app->add_option("--file", o->file, "Permissions file; by default what is built in");
  app->add_flag("--json", o->json, "As JSON");
  app->callback([o, &status] { status = explain_limit(*o); });
}

/// The file that the node is configured with, as it is now on this machine.
int show(node_link& link) {
  const auto answer = link.ask(proto::question::configuration);
  if (!answer) return fail(answer.error());
  std::string name;
  for (const auto& item : answer->at("items"))
    if (cell(item, "name") == "permissions") name = cell(item, "value");
  if (name.empty()) {
    std::cout << actors::rules::default_permissions_text();
    return exit_done;
  }
  std::ifstream file(name);
  if (!file)
    return fail({exit_refused, "not-found", "the node's policy is in " + name + ", which cannot be read from here"});
  std::cerr << "# " << printable(name) << '\n';
  std::cout << file.rdbuf();
  return exit_done;
}

void add_of_node(CLI::App& policy, int& status) {
  auto* shows =
      policy.add_subcommand("show", "Print the permissions file of a node on this machine, or what is built in");
  const auto node = add_node_options(*shows);
  shows->footer("Example: authnzctl policy show");
  shows->callback([node, &status] { status = with_node(*node, show); });

  auto* reloads = policy.add_subcommand(
      "reload", "Have a node read its permissions file again, with the rest of its configuration; says what is broken");
  const auto a = add_asking(*reloads, "authnzctl policy check permissions.json && authnzctl policy reload");
  ask_when_called(*reloads, a, status, [a](node_link& link) { return reload(link, a->json); });
}

}  // namespace

void add_policy(CLI::App& app, int& status) {
  const auto options = std::make_shared<policy_options>();
  auto* policy =
      app.add_subcommand("policy", "Check permissions files, and ask what they allow")->require_subcommand(1);
  auto* checks = policy->add_subcommand("check", "Say whether a permissions file is fine, or where it is broken");
  checks->add_option("file", options->file, "Permissions file")->required();
  checks->callback([options, &status] { status = check(*options); });
  add_explain(*policy, options, status);
  add_explain_limit(*policy, options, status);
  add_of_node(*policy, status);
  policy->add_subcommand("default", "Print the policy that is built in, as a permissions file")->callback([] {
    std::cout << actors::rules::default_permissions_text();
  });
}

}  // namespace authnz::ctl
