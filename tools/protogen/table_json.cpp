#include "tools/protogen/table_json.hpp"

#include <nlohmann/json.hpp>

#include "proto/error.hpp"
#include "proto/request_outcomes.hpp"
#include "proto/requests.hpp"
#include "tools/protogen/words.hpp"

namespace authnz::protogen {

using namespace proto;
using ordered = nlohmann::ordered_json;

namespace {

ordered or_null(std::string_view text) { return text.empty() ? ordered() : ordered(text); }

ordered item(const param& p) {
  ordered out{{"name", p.name},
              {"types", type_words(p.types)},
              {"list_of", nullptr},
              {"need", need_word(p.needed)},
              {"secrecy", secrecy_word(p.privacy)},
              {"also", or_null(p.also)},
              {"size", size_word(p.size)},
              {"min", nullptr},
              {"max", nullptr},
              {"max_chars", nullptr},
              {"form", form_word(p.form)}};
  if ((p.types & t_texts) != 0) out["list_of"] = "str";
  if (p.min != INT64_MIN) out["min"] = p.min;
  if (p.max != INT64_MAX) out["max"] = p.max;
  if (p.max_chars != 0) out["max_chars"] = p.max_chars;
  return out;
}

ordered item_list(std::span<const param> items) {
  ordered out = ordered::array();
  for (const auto& p : items) out.push_back(item(p));
  return out;
}

template <class Codes>
ordered code_list(const Codes& codes) {
  ordered out = ordered::array();
  for (const auto c : codes) out.push_back(name(c));
  return out;
}

ordered outcomes_object(const outcomes_row& row) {
  ordered failures = ordered::array();
  for (const auto& f : row.failures)
    failures.push_back({{"reason", name(f.reason)}, {"message", or_null(name(f.message))}});
  return {{"success", code_list(row.successes)}, {"failures", failures}};
}

ordered request_object(const request_row& row) {
  ordered out{{"name", row.name},
              {"alias", or_null(row.alias)},
              {"actor", target_word(row.actor)},
              {"effect", effect_word(row.what)},
              {"rate", {{"own", nullptr}, {"group", group_of(row)}, {"by_address", row.limit.by_address}}},
              {"hashing", hashing_word(row.hash)},
              {"trust", trust_word(row.trusted)},
              {"help", row.help},
              {"items", item_list(row.params)},
              {"update", item_list(row.update)},
              {"outcomes", outcomes_object(outcomes(row.id))}};
  if (row.limit.own != 0) out["rate"]["own"] = row.limit.own;
  return out;
}

}  // namespace

std::string table_json() {
  ordered out{{"requests", ordered::array()},
              {"common_failures", code_list(common_failures)},
              {"password_rules", code_list(password_rule_codes)},
              {"codes", ordered::array()}};
  for (const auto& row : request_table) out["requests"].push_back(request_object(row));
  for (const auto& c : code_table)
    if (c.id != code::none)
      out["codes"].push_back({{"name", c.name}, {"use", code_use_word(c.use)}, {"text", or_null(c.text)}});
  return out.dump(2) + "\n";
}

}  // namespace authnz::protogen
