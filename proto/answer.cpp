#include "proto/answer.hpp"

#include <array>
#include <utility>

#include "proto/json_text.hpp"

namespace authnz::proto {

namespace {

using picker = std::string_view (*)(code);

std::string list_of(const std::vector<code>& codes, picker pick) {
  std::string out = "[";
  for (const code c : codes) {
    if (out.size() > 1) out.push_back(',');
    append_quoted(out, pick(c));
  }
  out.push_back(']');
  return out;
}

std::string_view text_of(code c) { return row(c).text; }

// The list of each code alone, which nearly every answer has.
struct single_lists {
  std::array<std::string, code_table.size()> texts;
  std::array<std::string, code_table.size()> codes;

  single_lists() {
    for (const auto& r : code_table) {
      texts[static_cast<std::size_t>(r.id)] = list_of({r.id}, text_of);
      codes[static_cast<std::size_t>(r.id)] = list_of({r.id}, name);
    }
  }
};

struct lists {
  std::string texts;
  std::string codes;
};

// `own` holds what is made for this answer.
std::pair<std::string_view, std::string_view> lists_of(const std::vector<code>& messages, lists& own) {
  static const single_lists singles;
  if (messages.size() == 1) {
    const auto at = static_cast<std::size_t>(messages.front());
    return {singles.texts[at], singles.codes[at]};
  }
  own = {list_of(messages, text_of), list_of(messages, name)};
  return {own.texts, own.codes};
}

}  // namespace

answer answer::success(code message, std::string fields) { return {code::none, {message}, std::move(fields)}; }
answer answer::failure(code reason, std::string fields) { return {reason, {reason}, std::move(fields)}; }
answer answer::failure(code reason, code message, std::string fields) { return {reason, {message}, std::move(fields)}; }

std::string render(const answer& a, std::string_view reqid) {
  lists own;
  const auto [texts, codes] = lists_of(a.messages, own);
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
