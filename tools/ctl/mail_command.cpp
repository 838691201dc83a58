#include "tools/ctl/mail_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/asking.hpp"
#include "tools/ctl/confirm.hpp"
#include "tools/ctl/units.hpp"

namespace authnz::ctl {

using nlohmann::json;
using proto::question;

namespace {

std::string age_cell(const json& row) { return shown_age(std::chrono::seconds(row.value("age_s", std::int64_t{0}))); }

int queue(node_link& link, const page_options& page, bool as_json) {
  const auto found = ask_rows(link, question::mail_queue, json::object(), "messages", page);
  if (!found) return fail(found.error());
  if (as_json) {
    print_json(*found);
    return exit_done;
  }
  table t({{"KEY"},
           {"NODE"},
           {"USER", align::right},
           {"KIND"},
           {"AGE", align::right},
           {"TRIES", align::right},
           {"NEXT TRY"},
           {"GIVEN UP AT"}});
  for (const auto& row : found->at("messages"))
    t.add({key_cell(row), cell(row, "node"), cell(row, "user_id"), cell(row, "kind"), age_cell(row), cell(row, "tries"),
           time_cell(row, "next_try"), time_cell(row, "given_up_at")});
  print_rows(t, found->at("next_after"), "no messages wait");
  return exit_done;
}

int act(node_link& link, question what, const std::string& key, const char* done, bool as_json) {
  const auto answer = link.ask(what, {{"key", key}});
  if (!answer) return fail(answer.error());
  if (as_json)
    print_json(*answer);
  else
    std::cout << done << key_cell(*answer) << ", " << cell(*answer, "kind") << " for user " << cell(*answer, "user_id")
              << '\n';
  return exit_done;
}

int retry_all(node_link& link, bool as_json) {
  const auto found =
      ask_rows(link, question::mail_queue, json::object(), "messages", {.limit = 1'000'000, .after = {}});
  if (!found) return fail(found.error());
  std::int64_t tried = 0;
  for (const auto& row : found->at("messages")) {
    const auto answer = link.ask(question::mail_retry, {{"key", cell(row, "key")}});
    // It may have been sent meanwhile.
    if (!answer && answer.error().code != "not-found") return fail(answer.error());
    tried += answer ? 1 : 0;
  }
  if (as_json)
    print_json({{"retried", tried}});
  else
    std::cout << "to be tried now: " << tried << '\n';
  return exit_done;
}

void add_retry(CLI::App& mail, int& status) {
  auto* app = mail.add_subcommand("retry", "Try messages again now");
  const auto key = std::make_shared<std::string>();
  const auto all = std::make_shared<bool>(false);
  auto* which = app->add_option_group("which")->require_option(1);
  which->add_option("key", *key, "A message's key, or the beginning of it");
  which->add_flag("--all", *all, "All that wait");
  const auto a = add_asking(*app, "authnzctl mail retry --all");
  ask_when_called(*app, a, status, [=](node_link& link) {
    return *all ? retry_all(link, a->json) : act(link, question::mail_retry, *key, "to be tried now: ", a->json);
  });
}

void add_drop(CLI::App& mail, int& status) {
  auto* app = mail.add_subcommand("drop", "Give a message up; an attempt that is under way may still deliver it");
  const auto key = std::make_shared<std::string>();
  app->add_option("key", *key, "Its key, or the beginning of it")->required();
  const auto yes = add_yes(*app);
  const auto a = add_asking(*app, "authnzctl mail drop 18a1f3c29b7d4e05a1b2");
  ask_when_called(*app, a, status, [=](node_link& link) {
    const auto sure = confirm("Drop the message " + *key + "?", *yes);
    return sure ? act(link, question::mail_drop, *key, "dropped: ", a->json) : fail(sure.error());
  });
}

}  // namespace

void add_mail(CLI::App& app, int& status) {
  auto* mail = app.add_subcommand("mail", "Messages that wait to be sent")->require_subcommand(1);
  auto* queues = mail->add_subcommand("queue", "List messages that wait, the oldest first; never what they say");
  const auto page = add_page(*queues);
  const auto a = add_asking(*queues, "authnzctl mail queue");
  ask_when_called(*queues, a, status, [=](node_link& link) { return queue(link, *page, a->json); });
  add_retry(*mail, status);
  add_drop(*mail, status);
}

}  // namespace authnz::ctl
