#include "tools/protogen/javascript_methods.hpp"

#include <cctype>

#include "proto/requests.hpp"
#include "tools/protogen/words.hpp"

namespace authnz::protogen {

using namespace proto;

namespace {

std::string camel_case(std::string_view name) {
  std::string out;
  bool raise = false;
  for (const char c : name) {
    if (c != '-') out += raise ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    raise = c == '-';
  }
  return out;
}

std::string_view javascript_word(std::string_view word) {
  if (word == "str") return "string";
  if (word == "int" || word == "float") return "number";
  if (word == "bool") return "boolean";
  if (word == "dict") return "Record<string, any>";
  if (word == "list") return "string[]";
  return "any";
}

std::string javascript_type(const param& p) {
  std::vector<std::string_view> out;
  for (const auto word : type_words(p.types))
    if (word != "None") out.push_back(javascript_word(word));
  if (p.needed != need::required) out.emplace_back("null");
  return join(out, " | ");
}

std::string argument(const param& p) {
  const std::string name = "items." + std::string(p.name);
  return "   * @param {" + javascript_type(p) + "} " + (p.needed == need::optional ? "[" + name + "]" : name) + "\n";
}

std::string comment(const request_row& row) {
  std::string out = "  /**\n   * " + std::string(row.help) + "\n";
  if (row.trusted == trust::internal) out += "   * No permission is checked: never let an end user's input drive it.\n";
  if (row.trusted == trust::frontend) out += "   * Nobody's permission is checked: you decide who may cause it.\n";
  out += "   *\n   * @param {object} items\n";
  for (const auto* p : required_first(row.params)) out += argument(*p);
  return out + "   * @param {CallOptions} [options]\n   * @returns {Promise<Answer>}\n   */\n";
}

std::string method(const request_row& row) {
  return "\n" + comment(row) + "  " + camel_case(row.name) + "(items, options) {\n    return this.call('" +
         std::string(row.name) + "', items, options);\n  }\n";
}

std::string reads() {
  std::string out = "const READS = new Set([\n";
  for (const auto& row : request_table)
    if (row.what == effect::read) out += "  '" + std::string(row.name) + "',\n";
  return out + "]);\n";
}

}  // namespace

std::string javascript_methods() {
  std::string out = reads() +
                    "\n/** One method a request. */\n"
                    "class Requests {";
  for (const auto& row : request_table) out += method(row);
  return out + "}\n";
}

}  // namespace authnz::protogen
