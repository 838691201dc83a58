#include "tools/ctl/reload.hpp"

#include <algorithm>
#include <iostream>

#include "tools/ctl/asking.hpp"

namespace authnz::ctl {

namespace {

// The node itself waits as long for the end of the reload.
constexpr std::chrono::milliseconds patience{12'000};

}  // namespace

int reload(node_link& link, bool as_json) {
  const auto answer = link.ask(proto::question::configuration_reload, nlohmann::json::object(), patience);
  if (!answer) return fail(answer.error());
  const auto kept = answer->value("kept", nlohmann::json::array());
  if (as_json)
    print_json(*answer);
  else if (kept.empty())
    std::cout << "reloaded\n";
  for (const auto& line : kept)
    if (line.is_string()) std::cerr << "authnzctl: kept as it was: " << printable(line.get<std::string>()) << '\n';
  return kept.empty() ? exit_done : exit_refused;
}

}  // namespace authnz::ctl
