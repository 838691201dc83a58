#include "tools/ctl/credential_lists.hpp"

#include <CLI/CLI.hpp>

#include "tools/ctl/asking.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::question;

namespace {

table session_table(const json& rows) {
  table t({{"KEY"}, {"NODE"}, {"USER", align::right}, {"STATE"}, {"CREATED"}, {"EXPIRES"}, {"FROM"}, {"AGENT"}});
  for (const auto& row : rows)
    t.add({key_cell(row), cell(row, "node"), cell(row, "user_id"), cell(row, "state"), time_cell(row, "created"),
           time_cell(row, "expires"), cell(row, "ip_address"), cell(row, "user_agent")});
  return t;
}

table apikey_table(const json& rows) {
  table t({{"KEY"},
           {"NODE"},
           {"USER", align::right},
           {"STATE"},
           {"KIND"},
           {"ROLE"},
           {"EXPIRES"},
           {"REFRESHABLE UNTIL"},
           {"FAMILY"}});
  for (const auto& row : rows)
    t.add({key_cell(row), cell(row, "node"), cell(row, "user_id"), cell(row, "state"), cell(row, "kind"),
           cell(row, "role"), time_cell(row, "expires"), time_cell(row, "refresh_expires"), key_cell(row, "family")});
  return t;
}

struct credentials {
  question what;
  const char* name;
  table (*shown)(const json& rows);
  const char* none;
};

constexpr credentials sessions{question::sessions, "sessions", session_table, "no sessions"};
constexpr credentials apikeys{question::apikeys, "apikeys", apikey_table, "no API keys"};

void add_list(CLI::App& list, const credentials& c, const std::shared_ptr<std::string>& who, int& status,
              const std::string& example) {
  const auto page = add_page(list);
  const auto a = add_asking(list, example);
  ask_when_called(list, a, status, [=, &c](node_link& link) {
    const auto whose = who->empty() ? tl::expected<json, link_error>(json::object()) : person_arguments(*who);
    if (!whose) return fail(whose.error());
    const auto found = ask_rows(link, c.what, *whose, c.name, *page);
    if (!found) return fail(found.error());
    if (a->json)
      print_json(*found);
    else
      print_rows(c.shown(found->at(c.name)), found->at("next_after"), c.none);
    return exit_done;
  });
}

}  // namespace

void add_session_list(CLI::App& list, const std::shared_ptr<std::string>& who, int& status,
                      const std::string& example) {
  add_list(list, sessions, who, status, example);
}

void add_apikey_list(CLI::App& list, const std::shared_ptr<std::string>& who, int& status, const std::string& example) {
  add_list(list, apikeys, who, status, example);
}

}  // namespace authnz::ctl
