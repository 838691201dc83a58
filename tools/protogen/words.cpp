#include "tools/protogen/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace authnz::protogen {

using namespace proto;

std::vector<std::string_view> type_words(type_set types) {
  static constexpr auto names = std::to_array<std::pair<type_set, std::string_view>>({
      {t_str, "str"},
      {t_int, "int"},
      {t_float, "float"},
      {t_dict, "dict"},
      {t_list | t_texts, "list"},
      {t_bool, "bool"},
      {t_any, "Any"},
      {t_null, "None"},
  });
  std::vector<std::string_view> out;
  for (const auto& [bit, word] : names)
    if ((types & bit) != 0) out.push_back(word);
  return out;
}

std::string type_text(type_set types) {
  std::string out = join(type_words(types), " or ");
  if ((types & t_texts) != 0) out.replace(out.find("list"), 4, "list of str");
  return out;
}

std::string_view need_word(need n) {
  switch (n) {
    case need::required: return "R";
    case need::required_nullable: return "R0";
    case need::optional: return "O";
  }
  return "";
}

std::string_view secrecy_word(secrecy s) {
  switch (s) {
    case secrecy::open: return "open";
    case secrecy::personal: return "personal";
    case secrecy::secret: return "secret";
  }
  return "";
}

std::string_view size_word(size_rule s) {
  switch (s) {
    case size_rule::ordinary: return "ordinary";
    case size_rule::password: return "password";
    case size_rule::long_text: return "long_text";
  }
  return "";
}

std::string_view form_word(text_form f) { return f == text_form::any ? "any" : "visible_ascii"; }

std::string_view effect_word(effect e) { return e == effect::read ? "read" : "write"; }

std::string_view target_word(target t) {
  switch (t) {
    case target::session: return "session";
    case target::user: return "user";
    case target::apikey: return "apikey";
    case target::mailer: return "mailer";
    case target::policy: return "policy";
  }
  return "";
}

std::string_view hashing_word(hashing h) {
  switch (h) {
    case hashing::no: return "no";
    case hashing::once_accepted: return "once_accepted";
    case hashing::checking: return "checking";
  }
  return "";
}

std::string_view trust_word(trust t) {
  switch (t) {
    case trust::none: return "none";
    case trust::frontend: return "frontend";
    case trust::internal: return "internal";
  }
  return "";
}

std::string_view code_use_word(code_use u) {
  switch (u) {
    case code_use::none: return "none";
    case code_use::failure: return "failure";
    case code_use::failure_and_message: return "failure_and_message";
    case code_use::message: return "message";
  }
  return "";
}

std::string_view group_of(const request_row& row) { return row.name.substr(0, row.name.find('-')); }

std::vector<std::string_view> names_of(const request_row& row) {
  if (row.alias.empty()) return {row.name};
  return {row.name, row.alias};
}

std::vector<const param*> required_first(std::span<const param> params) {
  std::vector<const param*> out;
  for (const auto& p : params) out.push_back(&p);
  std::stable_partition(out.begin(), out.end(), [](const param* p) { return p->needed != need::optional; });
  return out;
}

std::string join(const std::vector<std::string_view>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

}  // namespace authnz::protogen
