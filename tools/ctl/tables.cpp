#include "tools/ctl/tables.hpp"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "proto/error.hpp"
#include "proto/requests.hpp"

namespace authnz::ctl {

namespace {

using ordered = nlohmann::ordered_json;

std::string_view word(proto::target t) {
  switch (t) {
    case proto::target::session: return "session";
    case proto::target::user: return "user";
    case proto::target::apikey: return "apikey";
    case proto::target::mailer: return "mailer";
    case proto::target::policy: return "policy";
  }
  return "";
}
std::string_view word(proto::effect e) { return e == proto::effect::read ? "read" : "write"; }

std::string_view word(proto::trust t) {
  switch (t) {
    case proto::trust::none: return "";
    case proto::trust::frontend: return "trust";
    case proto::trust::internal: return "internal";
  }
  return "";
}

std::string_view word(proto::code_use u) {
  switch (u) {
    case proto::code_use::none: return "none";
    case proto::code_use::failure: return "failure";
    case proto::code_use::failure_and_message: return "failure, message";
    case proto::code_use::message: return "message";
  }
  return "none";
}

}  // namespace

void print_requests(std::ostream& out, bool as_json) {
  ordered list = ordered::array();
  for (const auto& r : proto::request_table) {
    if (as_json)
      list.push_back({{"request", r.name},
                      {"alias", r.alias},
                      {"actor", word(r.actor)},
                      {"effect", word(r.what)},
                      {"per_minute", r.limit.own},
                      {"trust", word(r.trusted)},
                      {"help", r.help}});
    else
      out << std::left << std::setw(27) << r.name << std::setw(9) << word(r.actor) << std::setw(7) << word(r.what)
          << std::setw(10) << word(r.trusted) << r.help << '\n';
  }
  if (as_json) out << list.dump(2) << '\n';
}

void print_codes(std::ostream& out, bool as_json) {
  ordered list = ordered::array();
  for (const auto& c : proto::code_table) {
    if (c.id == proto::code::none) continue;
    if (as_json)
      list.push_back({{"code", c.name}, {"use", word(c.use)}, {"text", c.text}});
    else
      out << std::left << std::setw(24) << c.name << std::setw(18) << word(c.use) << c.text << '\n';
  }
  if (as_json) out << list.dump(2) << '\n';
}

}  // namespace authnz::ctl
