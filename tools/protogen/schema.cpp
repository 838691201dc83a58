#include "tools/protogen/schema.hpp"

#include <nlohmann/json.hpp>

#include "proto/call.hpp"
#include "proto/requests.hpp"
#include "tools/protogen/words.hpp"

namespace authnz::protogen {

using namespace proto;
using ordered = nlohmann::ordered_json;

namespace {

ordered reference(std::string_view definition) { return {{"$ref", "#/$defs/" + std::string(definition)}}; }

ordered types(type_set set) {
  ordered out = ordered::array();
  if ((set & (t_str | t_any)) != 0) out.push_back("string");
  if ((set & (t_float | t_any)) != 0) out.push_back("number");
  if ((set & t_int) != 0 && (set & t_float) == 0) out.push_back("integer");
  if ((set & (t_dict | t_any)) != 0) out.push_back("object");
  if ((set & (t_list | t_texts | t_any)) != 0) out.push_back("array");
  if ((set & (t_bool | t_any)) != 0) out.push_back("boolean");
  if ((set & t_null) != 0) out.push_back("null");
  return out.size() == 1 ? out[0] : out;
}

// Bytes are no more than four a character, but one at least: an upper limit that never refuses too much.
std::size_t greatest_length(const param& p) {
  constexpr item_limits defaults;
  if (p.max_chars != 0) return p.max_chars;
  if (p.size == size_rule::long_text) return defaults.extra_info;
  return p.size == size_rule::ordinary ? defaults.text : 0;
}

// As the item must be where it is judged; `set` are the types that it may have there.
ordered judged(const param& p, type_set set) {
  ordered out{{"type", types(set)}};
  if ((set & (t_str | t_any)) != 0 && greatest_length(p) != 0) out["maxLength"] = greatest_length(p);
  // Some engines let `$` match before a last line break.
  if (p.form == text_form::visible_ascii) out["pattern"] = "^[!-~]+$(?!\\n)";
  if ((set & t_int) != 0) {
    out["minimum"] = p.min;
    out["maximum"] = p.max;
  }
  if ((set & t_texts) != 0) out["items"] = {{"type", "string"}};
  return out;
}

// For optional items null equals absent.
ordered item(const param& p) { return judged(p, p.needed == need::optional ? p.types | t_null : p.types); }

// The other name counts where the first one is absent, and is not looked at where it is there.
ordered one_name_or_the_other(const param& p) {
  ordered first{{"required", {p.name}}};
  ordered second{{"properties", {{p.also, item(p)}}}};
  if (p.needed == need::optional)
    first["properties"] = {{p.name, {{"not", {{"type", "null"}}}}}};
  else
    second["required"] = {p.also};
  return {{"anyOf", {first, second}}};
}

ordered update_members(std::span<const param> known) {
  ordered out = ordered::object();
  for (const auto& p : known) out[std::string(p.name)] = judged(p, p.types);
  return out;
}

ordered body(const request_row& row) {
  ordered properties = ordered::object();
  ordered required = ordered::array();
  ordered names = ordered::array();
  for (const auto& p : row.params) {
    properties[std::string(p.name)] = item(p);
    if (p.name == "update_dict" && !row.update.empty())
      properties["update_dict"]["properties"] = update_members(row.update);
    if (p.also.empty() && p.needed != need::optional) required.push_back(p.name);
    if (p.also.empty()) continue;
    properties[std::string(p.also)] = {{"description", "Counts where " + std::string(p.name) + " is absent."}};
    names.push_back(one_name_or_the_other(p));
  }
  ordered out{{"type", "object"}, {"properties", properties}, {"required", required}};
  if (!names.empty()) out["allOf"] = names;
  return out;
}

ordered name_of_request(const request_row& row) {
  if (row.alias.empty()) return {{"const", row.name}};
  return {{"enum", names_of(row)}};
}

ordered definition(const request_row& row) {
  return {{"description", row.help},
          {"type", "object"},
          {"properties",
           {{"request", name_of_request(row)},
            {"body", body(row)},
            {"reqid", reference("reqid")},
            {"client_ipaddr", reference("client_ipaddr")}}},
          {"required", {"request", "body", "reqid"}}};
}

ordered reqid() {
  return {{"description", "A label; the answer echoes it."},
          {"type", {"integer", "string"}},
          {"maxLength", item_limits{}.text},
          {"minimum", INT64_MIN},
          {"maximum", INT64_MAX}};
}

ordered client_ipaddr() {
  return {{"description", "The address of the frontend's client. Required while rate limits are on."},
          {"type", "string"},
          {"minLength", 1}};
}

}  // namespace

std::string requests_schema() {
  ordered any = ordered::array();
  ordered definitions = ordered::object();
  for (const auto& row : request_table) {
    any.push_back(reference(row.name));
    definitions[std::string(row.name)] = definition(row);
  }
  definitions["reqid"] = reqid();
  definitions["client_ipaddr"] = client_ipaddr();
  const ordered out{
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"$comment", "Generated from proto/requests.hpp by protogen; `make docs` renews it. Do not edit."},
      {"title", "Requests of authnzerver"},
      {"description",
       "What travels inside of the sealed envelope. With the default limits of sizes; these count bytes at the server, "
       "characters here. A float without a fraction is an integer here, but none at the server."},
      {"oneOf", any},
      {"$defs", definitions}};
  return out.dump(2) + "\n";
}

}  // namespace authnz::protogen
