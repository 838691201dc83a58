#include "tools/ctl/asking.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>

namespace authnz::ctl {

using nlohmann::json;

namespace {

constexpr std::int64_t most_in_a_page = 1000;
// 8 bytes of time, and enough to tell those of one moment apart.
constexpr std::size_t digits_shown = 20;

std::string text_of(const json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace

asking_ptr add_asking(CLI::App& command, const std::string& example) {
  auto a = std::make_shared<asking>();
  command.add_flag("--json", a->json, "As JSON");
  a->node = add_node_options(command);
  command.footer("Example: " + example);
  return a;
}

void ask_when_called(CLI::App& command, const asking_ptr& a, int& status, std::function<int(node_link&)> use) {
  command.callback([a, &status, use = std::move(use)] { status = with_node(*a->node, use); });
}

page_ptr add_page(CLI::App& command) {
  auto page = std::make_shared<page_options>();
  command.add_option("--limit", page->limit, "Most rows")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
  command.add_option("--after", page->after, "Go on behind this one, the last of the list before");
  return page;
}

tl::expected<json, link_error> ask_rows(node_link& link, proto::question what, json arguments, const char* name,
                                        const page_options& page) {
  json out{{name, json::array()}, {"next_after", page.after.empty() ? json() : json(page.after)}};
  auto& rows = out[name];
  do {
    if (!out["next_after"].is_null()) arguments["after"] = out["next_after"];
    arguments["limit"] = std::min(page.limit - static_cast<std::int64_t>(rows.size()), most_in_a_page);
    auto answer = link.ask(what, arguments);
    if (!answer) return tl::unexpected(answer.error());
    for (auto& row : (*answer)[name]) rows.push_back(std::move(row));
    out["next_after"] = answer->value("next_after", json());
  } while (!out["next_after"].is_null() && static_cast<std::int64_t>(rows.size()) < page.limit);
  return out;
}

void print_json(const json& answer) { std::cout << answer.dump(2, ' ', true, json::error_handler_t::replace) << '\n'; }

void print_rows(const table& t, const json& next_after, std::string_view none) {
  print(t, none);
  if (!next_after.is_null())
    std::cerr << "There are more: --after " << printable(text_of(next_after)) << ", or a greater --limit\n";
}

std::string cell(const json& row, const char* name) {
  const auto at = row.find(name);
  return at == row.end() ? std::string() : text_of(*at);
}

std::string time_cell(const json& row, const char* name) {
  auto text = cell(row, name);
  if (text.size() < 19) return text;
  text.resize(19);
  if (text[10] == 'T') text[10] = ' ';
  return text;
}

std::string key_cell(const json& row, const char* name) { return cell(row, name).substr(0, digits_shown); }

void print_members(const json& object, const std::vector<const char*>& names) {
  std::size_t longest = 0;
  for (const auto* name : names) longest = std::max(longest, std::string_view(name).size());
  for (const auto* name : names) {
    std::string title(name);
    std::ranges::replace(title, '_', ' ');
    std::cout << title << std::string(longest + 2 - title.size(), ' ') << printable(cell(object, name)) << '\n';
  }
}

tl::expected<json, link_error> person_arguments(const std::string& who) {
  if (who.find('@') != std::string::npos) return json{{"email", who}};
  std::int64_t id = 0;
  const auto [end, failed] = std::from_chars(who.data(), who.data() + who.size(), id);
  if (failed != std::errc() || end != who.data() + who.size() || id < 1)
    return tl::unexpected(
        link_error{exit_usage, "bad-user", "a user is named by id or by e-mail address, not: " + who});
  return json{{"user_id", id}};
}

}  // namespace authnz::ctl
