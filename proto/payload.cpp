#include "proto/payload.hpp"

#include <cstdint>
#include <exception>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "proto/json_text.hpp"
#include "proto/nesting.hpp"

namespace authnz::proto {

namespace {

constexpr unsigned greatest_depth = 64;

std::optional<json> parse(std::string_view text) {
  // The parser takes a NUL for the end of its input, but JSON holds none.
  if (text.find('\0') != std::string_view::npos) return {};
  json value = json::parse(text.begin(), text.end(), nullptr, false);
  if (value.is_discarded()) return {};
  return value;
}

json* member(json& object, std::string_view name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

const std::string* text_of(const json* value) {
  return value != nullptr ? value->get_ptr<const std::string*>() : nullptr;
}

// The JSON text to echo; empty if it is no label.
std::string echo_of(const json* reqid, const item_limits& limits) {
  if (reqid == nullptr) return {};
  if (const auto* text = text_of(reqid)) return text->size() <= limits.text ? to_text(*reqid) : std::string{};
  if (!reqid->is_number_integer()) return {};
  constexpr auto greatest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (reqid->is_number_unsigned() && reqid->get<std::uint64_t>() > greatest) return {};
  return to_text(*reqid);
}

http_status read_envelope(json& root, bool client_required, const item_limits& limits, exchange& out) {
  if (!root.is_object()) return http_status::bad_request;
  out.reqid = echo_of(member(root, "reqid"), limits);
  if (out.reqid.empty()) return http_status::bad_request;

  const auto* name = text_of(member(root, "request"));
  const request_row* row = name != nullptr ? find_request(*name) : nullptr;
  json* body = member(root, "body");
  if (row == nullptr || body == nullptr || !body->is_object()) return http_status::bad_request;

  const auto* client = text_of(member(root, "client_ipaddr"));
  out.client = client != nullptr ? *client : std::string{};
  if (client_required && out.client.empty()) return http_status::bad_request;

  out.problems = out.request.bind(*row, std::move(*body), limits);
  return http_status::ok;
}

}  // namespace

http_status read_payload(std::string_view text, bool client_required, const item_limits& limits,
                         exchange& out) noexcept {
  try {
    auto root = parse(text);
    if (!root) return http_status::unauthorized;
    if (nests_beyond(*root, greatest_depth)) return http_status::bad_request;
    return read_envelope(*root, client_required, limits, out);
  } catch (const std::exception&) {
    return http_status::internal_error;
  }
}

}  // namespace authnz::proto
