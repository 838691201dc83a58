#include "tools/protogen/documents.hpp"

#include <algorithm>
#include <array>

#include "proto/error.hpp"
#include "proto/request_outcomes.hpp"
#include "proto/requests.hpp"
#include "tools/protogen/words.hpp"

namespace authnz::protogen {

using namespace proto;

namespace {

std::string code_span(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string anchor_link(std::string_view name) { return "[" + std::string(name) + "](#" + std::string(name) + ")"; }

std::string rate_text(const request_row& row) {
  std::string out =
      row.limit.own != 0 ? std::to_string(row.limit.own) + " a minute" : "group " + code_span(group_of(row));
  if (row.limit.by_address) out += ", also by e-mail address";
  return out;
}

std::string_view hashing_text(hashing h) {
  switch (h) {
    case hashing::no: return "no";
    case hashing::once_accepted: return "one hash, once the other checks have passed";
    case hashing::checking: return "one verification on every path; failures are held back, then lock the account";
  }
  return "";
}

std::string_view trust_text(trust t) {
  switch (t) {
    case trust::none: return "";
    case trust::frontend: return "the frontend decides who may cause it";
    case trust::internal: return "never to be driven by an end user's input";
  }
  return "";
}

std::string_view log_text(secrecy s) {
  switch (s) {
    case secrecy::open: return "in clear";
    case secrecy::personal: return "digest";
    case secrecy::secret: return "never";
  }
  return "";
}

bool has_text(const param& p) { return (p.types & (t_str | t_any)) != 0; }

std::string limits_text(const param& p) {
  std::vector<std::string> parts;
  if (p.size == size_rule::password) parts.emplace_back("1024 characters");
  if (p.size == size_rule::long_text) parts.emplace_back("`maxextrainfo` bytes");
  if (p.max_chars != 0) parts.push_back(std::to_string(p.max_chars) + " characters");
  if (p.size == size_rule::ordinary && p.max_chars == 0 && has_text(p)) parts.emplace_back("`maxstring` bytes");
  if (p.form == text_form::visible_ascii) parts.emplace_back("printable ASCII without blanks");
  if ((p.types & (t_dict | t_list | t_texts | t_any)) != 0) parts.emplace_back("`maxextrainfo` bytes");
  if (p.min != INT64_MIN || p.max != INT64_MAX)
    parts.push_back((p.min != INT64_MIN ? std::to_string(p.min) : "") + " to " +
                    (p.max != INT64_MAX ? std::to_string(p.max) : ""));
  const std::vector<std::string_view> views(parts.begin(), parts.end());
  return join(views, ", ");
}

std::string index_line(const request_row& row) {
  const auto hash = row.hash == hashing::no ? "no" : "yes";
  const auto trusted = row.trusted == trust::none ? "" : trust_word(row.trusted);
  return "| " + anchor_link(row.name) + " | " + std::string(row.alias) + " | " + std::string(effect_word(row.what)) +
         " | " + hash + " | " + rate_text(row) + " | " + std::string(trusted) + " |\n";
}

std::string item_line(const param& p, std::string_view within = {}) {
  return "| " + code_span(std::string(within).append(p.name)) + " | " + type_text(p.types) + " | " +
         std::string(need_word(p.needed)) + " | " + limits_text(p) + " | " + (p.also.empty() ? "" : code_span(p.also)) +
         " | " + std::string(log_text(p.privacy)) + " |\n";
}

template <class Codes>
std::string code_spans(const Codes& codes) {
  std::string out;
  for (const auto c : codes) out += (out.empty() ? "" : ", ") + code_span(name(c));
  return out;
}

std::string outcomes_text(const outcomes_row& row) {
  std::string out = "Success: " + (row.successes.empty() ? "no message" : code_spans(row.successes)) + ".\n\n";
  if (row.failures.empty()) return out + "No failures of its own.\n\n";
  out += "| failure reason | message code |\n|---|---|\n";
  for (const auto& f : row.failures)
    out += "| " + code_span(name(f.reason)) + " | " +
           (f.message == code::none ? "one for each password rule that fails" : code_span(name(f.message))) + " |\n";
  return out + "\n";
}

std::string section(const request_row& row) {
  std::string out = "### " + std::string(row.name) + "\n\n" + std::string(row.help) + "\n\n";
  if (!row.alias.empty()) out += "- Name of 2019: " + code_span(row.alias) + "\n";
  out += "- Effect: " + std::string(effect_word(row.what)) + "\n";
  out += "- Rate: " + rate_text(row) + "\n";
  out += "- Password hashing: " + std::string(hashing_text(row.hash)) + "\n";
  if (row.trusted != trust::none) out += "- Trust: " + std::string(trust_text(row.trusted)) + "\n";
  out += "\n| item | type | need | limit | also accepted as | in the log |\n|---|---|---|---|---|---|\n";
  for (const auto& p : row.params) out += item_line(p);
  for (const auto& p : row.update) out += item_line(p, "update_dict.");
  return out + "\n" + outcomes_text(outcomes(row.id));
}

std::string code_line(const code_row& c) {
  const std::string text = c.text.empty() ? "" : std::string(c.text);
  return "| " + code_span(c.name) + " | " + text + " |\n";
}

std::string code_section(std::string_view title, std::string_view intro, code_use use) {
  std::string out = "## " + std::string(title) + "\n\n" + std::string(intro) + "\n\n| code | text |\n|---|---|\n";
  for (const auto& c : code_table)
    if (c.use == use) out += code_line(c);
  return out;
}

}  // namespace

std::string requests_document() {
  std::string out =
      "<!-- Generated from proto/requests.hpp and proto/request_outcomes.hpp by protogen; `make docs` renews it. Do "
      "not "
      "edit. -->\n"
      "# Requests\n\n"
      "Every request that the server knows; [requests.schema.json](requests.schema.json) says the same to programs.\n"
      "Need: R = required, R0 = required but null is allowed, O = optional, where null equals absent. Types are\n"
      "strict: `true` is no int, a float is never an int, a whole number is a float. Sizes are configured by\n"
      "`maxstring` (4 KiB) and `maxextrainfo` (64 KiB); an item of type dict or list counts as compact JSON.\n\n"
      "*Trust*: `internal` = no permission is checked, never to be driven by an end user's input; `frontend` = no "
      "actor\n"
      "is checked, the frontend decides who may cause it. *Rate*: a class of its own, or the group's.\n\n";
  out += "Any request may also fail with " + code_spans(common_failures) +
         ",\neach its own message code. The password rules have " + code_spans(password_rule_codes) +
         ". What the codes mean\nis in [errors.md](errors.md).\n\n"
         "| request | name of 2019 | effect | hashes | rate | trust |\n|---|---|---|---|---|---|\n";
  for (const auto& row : request_table) out += index_line(row);
  out += '\n';
  for (const auto& row : request_table) out += section(row);
  out.pop_back();
  return out;
}

std::string errors_document() {
  std::string out =
      "<!-- Generated from proto/error.hpp by protogen; `make docs` renews it. Do not edit. -->\n"
      "# Codes and statuses\n\n"
      "An answer's `failure_reason` is for the frontend; its `message_codes` and `messages` may go to the end user.\n"
      "Outcomes that share a message code share its text too. Names are stable: new ones may come, none changes its\n"
      "meaning.\n\n";
  out += code_section("Failure reasons that are their own message code", "For the frontend and for its user.",
                      code_use::failure_and_message);
  out += '\n';
  out += code_section("Failure reasons for the frontend only",
                      "The answer carries another message code, so that the user learns no more than is allowed.",
                      code_use::failure);
  out += '\n';
  out += code_section("Message codes only", "What the user may read beside the above.", code_use::message);
  out +=
      "\n## HTTP statuses\n\n"
      "With 200 the body is a sealed answer. Any other status has one line of plain text that names it.\n\n"
      "| status | line |\n|---|---|\n";
  static constexpr auto statuses = std::to_array<http_status>(
      {http_status::bad_request, http_status::unauthorized, http_status::not_found, http_status::method_not_allowed,
       http_status::payload_too_large, http_status::too_many_requests, http_status::internal_error,
       http_status::unavailable});
  for (const auto s : statuses) {
    std::string line(plain_text(s));
    line.pop_back();
    out += "| " + std::to_string(static_cast<int>(s)) + " | " + code_span(line) + " |\n";
  }
  return out;
}

}  // namespace authnz::protogen
