#include "proto/answer.hpp"

#include "proto/json_text.hpp"

namespace authnz::proto {

namespace {

std::string list_of(const std::vector<code>& codes, std::string_view (*pick)(code)) {
  std::string out = "[";
  for (const code c : codes) {
    if (out.size() > 1) out.push_back(',');
    append_quoted(out, pick(c));
  }
  out.push_back(']');
  return out;
}

std::string_view text_of(code c) { return row(c).text; }

}  // namespace

answer answer::success(code message, std::string fields) { return {code::none, {message}, std::move(fields)}; }
answer answer::failure(code reason, std::string fields) { return {reason, {reason}, std::move(fields)}; }
answer answer::failure(code reason, code message, std::string fields) { return {reason, {message}, std::move(fields)}; }

std::string render(const answer& a, std::string_view reqid) {
  const std::string texts = list_of(a.messages, text_of);
  const std::string codes = list_of(a.messages, name);
  std::string out;
  out.reserve(256 + a.fields.size() + 3 * texts.size() + 2 * codes.size());
  const std::string_view success = a.ok() ? "true" : "false";
  const auto reason = [&] {
    if (a.ok()) return;
    out += ",\"failure_reason\":\"";
    out += name(a.reason);
    out += '"';
  };
  out += "{\"success\":";
  out += success;
  reason();
  out += ",\"response\":{\"success\":";
  out += success;
  reason();
  if (!a.fields.empty()) (out += ',') += a.fields;
  out += ",\"messages\":";
  out += texts;
  out += ",\"message_codes\":";
  out += codes;
  out += "},\"messages\":";
  out += texts;
  out += ",\"message\":";
  out += texts;
  out += ",\"message_codes\":";
  out += codes;
  out += ",\"reqid\":";
  out += reqid;
  out += '}';
  return out;
}

std::string render_problems(std::string_view request_name, std::string_view problems, std::string_view reqid) {
  std::string messages = "[";
  append_quoted(messages, "Invalid parameters for the request " + std::string(request_name) + ".");
  messages += ']';
  const std::string codes = R"(["invalid-parameters"])";
  std::string out = R"({"success":false,"failure_reason":"invalid-parameters","response":{"success":false,)"
                    R"("response":{"problems":)";
  out += problems;
  out += R"(,"failure_reason":"invalid-parameters"},"messages":)" + messages;
  out += R"(,"message_codes":)" + codes;
  out += R"(},"messages":)" + messages;
  out += R"(,"message":)" + messages;
  out += R"(,"message_codes":)" + codes;
  out += R"(,"reqid":)";
  out += reqid;
  out += '}';
  return out;
}

}  // namespace authnz::proto
