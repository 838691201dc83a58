#include "tools/ctl/trace_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/ctl/durations.hpp"
#include "tools/ctl/interrupted.hpp"
#include "tools/ctl/node_link.hpp"
#include "tools/ctl/table.hpp"
#include "tools/ctl/units.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds between_looks{300};
// An answer that is on its way when the time is over.
constexpr std::chrono::milliseconds last_wait{500};

struct trace_options {
  std::shared_ptr<node_options> node;
  std::string reqid;
  std::string request;
  std::string lasts = "30s";
  std::uint32_t one_in = 1;
  std::uint64_t count = 0;
  bool as_json = false;
};

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::chrono::microseconds microseconds_of(const json& step, const char* name) {
  return std::chrono::microseconds(step.at(name).get<std::int64_t>());
}

void print_story(const json& story) {
  const auto& steps = story.at("steps");
  const auto total = steps.empty() ? std::chrono::microseconds(0) : microseconds_of(steps.back(), "at_us");
  std::cout << text_of(story.at("time")) << ' ' << text_of(story.at("request")) << " reqid "
            << printable(text_of(story.at("reqid"))) << ": " << story.at("status").dump() << ' '
            << text_of(story.at("outcome")) << " in " << shown_duration(total);
  if (!story.at("client").is_null()) std::cout << ", client " << text_of(story.at("client"));
  if (story.at("conflicts").get<int>() > 0) std::cout << ", " << story.at("conflicts").dump() << " conflicts";
  std::cout << ", node " << printable(text_of(story.at("node"))) << '\n';
  for (const auto& step : steps)
    std::cout << "  " << fitted(shown_duration(microseconds_of(step, "at_us")), 9, align::right) << "  +"
              << fitted(shown_duration(microseconds_of(step, "took_us")), 9) << ' ' << text_of(step.at("step")) << '\n';
  if (const auto lost = story.at("steps_lost").get<std::uint64_t>(); lost > 0)
    std::cout << "  and " << lost << " more steps\n";
  std::cout << std::flush;
}

/// Prints what came since the last look.
class follower {
 public:
  follower(node_link& link, const trace_options& o, std::uint64_t trace) : link_(link), options_(o), trace_(trace) {}

  tl::expected<void, link_error> look() {
    auto found = link_.ask(proto::question::trace_read, {{"trace", trace_}, {"after", last_}});
    if (!found) return tl::unexpected(std::move(found.error()));
    for (const auto& story : found->at("requests")) {
      if (is_enough()) break;
      if (options_.as_json)
        std::cout << story.dump() << '\n' << std::flush;
      else
        print_story(story);
      ++shown_;
    }
    last_ = found->at("last").get<std::uint64_t>();
    over_ = found->at("over").get<bool>();
    return {};
  }

  bool is_over() const { return over_ || is_enough(); }
  std::uint64_t shown() const { return shown_; }

 private:
  bool is_enough() const { return options_.count > 0 && shown_ >= options_.count; }

  node_link& link_;
  const trace_options& options_;
  std::uint64_t trace_;
  std::uint64_t last_ = 0;
  std::uint64_t shown_ = 0;
  bool over_ = false;
};

int follow(node_link& link, const trace_options& o, std::uint64_t trace) {
  follower requests(link, o, trace);
  while (!interruption::came() && !requests.is_over()) {
    interruption::sleep(between_looks);
    if (const auto seen = requests.look(); !seen) return fail(seen.error());
  }
  link.ask(proto::question::trace_stop, {{"trace", trace}});
  if (!requests.is_over() || o.count == 0) {
    interruption::sleep(last_wait);
    if (const auto seen = requests.look(); !seen) return fail(seen.error());
  }
  if (requests.shown() > 0) return exit_done;
  std::cerr << "authnzctl: no such request came\n";
  return exit_refused;
}

int trace(const trace_options& o) {
  const auto lasts = parse_duration(o.lasts);
  if (!lasts) return fail({exit_usage, "bad-argument", "--for " + o.lasts + ": must be a time such as 30s or 5m"});
  json wish{{"seconds", lasts->count()}, {"one_in", o.one_in}};
  if (!o.reqid.empty()) wish["reqid"] = o.reqid;
  if (!o.request.empty()) wish["request"] = o.request;
  // From the beginning, so that what was begun on the node is ended.
  const interruption watching;
  return with_node(*o.node, [&](node_link& link) {
    const auto started = link.ask(proto::question::trace_start, wish);
    if (!started) return fail(started.error());
    if (!o.as_json) std::cerr << "following for " << o.lasts << "; Ctrl-C ends it\n";
    return follow(link, o, started->at("trace").get<std::uint64_t>());
  });
}

}  // namespace

void add_trace(CLI::App& app, int& status) {
  const auto o = std::make_shared<trace_options>();
  auto* command = app.add_subcommand(
      "trace",
      "Follow requests through the node, step by step\n\n"
      "Shows of each request that matches when it was read, opened, validated, counted, decided, hashed,\n"
      "committed, answered and sealed. Clients are shown as digests. Costs nothing while nobody follows.\n\n"
      "  authnzctl trace --request user-login --for 1m\n"
      "  authnzctl trace --reqid 4711 --count 1");
  o->node = add_node_options(*command);
  command->add_option("--reqid", o->reqid, "Only requests with this reqid");
  command->add_option("--request", o->request, "Only this kind of request, e.g. user-login");
  command->add_option("--for", o->lasts, "How long, at most 1h")->capture_default_str();
  command->add_option("--one-in", o->one_in, "Only every so manyth of them")
      ->capture_default_str()
      ->check(CLI::Range(1U, 1'000'000U));
  command->add_option("--count", o->count, "End after so many requests");
  command->add_flag("--json", o->as_json, "A JSON object a line");
  command->callback([o, &status] { status = trace(*o); });
}

}  // namespace authnz::ctl
