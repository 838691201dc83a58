#include "proto/call.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "proto/nesting.hpp"

namespace authnz::proto {

namespace {

constexpr unsigned greatest_depth = 32;

struct type_word {
  type_set type;
  std::string_view word;
};
constexpr auto type_words = std::to_array<type_word>({{t_str, "\"str\""},
                                                      {t_int, "\"int\""},
                                                      {t_float, "\"float\""},
                                                      {t_dict, "\"dict\""},
                                                      {t_list | t_texts, "\"list\""},
                                                      {t_bool, "\"bool\""},
                                                      {t_any, "\"Any\""},
                                                      {t_null, "\"None\""}});

std::string required_type(type_set types) {
  std::string words;
  for (const auto& [type, word] : type_words) {
    if ((types & type) == 0) continue;
    if (!words.empty()) words += ',';
    words += word;
  }
  return words.find(',') == std::string::npos ? words : "[" + words + "]";
}

bool fits_int64(const json& v) {
  return !v.is_number_unsigned() ||
         v.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

bool holds_texts_alone(const json& list) {
  return std::ranges::all_of(list, [](const json& v) { return v.is_string(); });
}

// All types that a value has: a whole number may stand for a float.
unsigned types_of(const json& v) {
  switch (v.type()) {
    case json::value_t::string: return t_str | t_any;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned: return (fits_int64(v) ? t_int | t_float : t_float) | t_any;
    case json::value_t::number_float: return t_float | t_any;
    case json::value_t::object: return t_dict | t_any;
    case json::value_t::array: return t_list | t_any | (holds_texts_alone(v) ? unsigned{t_texts} : 0U);
    case json::value_t::boolean: return t_bool | t_any;
    default: return t_null;
  }
}

std::size_t code_points(std::string_view utf8) {
  const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::ranges::count_if(utf8, is_first));
}

bool is_visible_ascii(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string_view text_problem(const param& p, std::string_view text, const item_limits& limits) {
  if (p.size == size_rule::ordinary && text.size() > limits.text) return "too long";
  if (p.size == size_rule::long_text && text.size() > limits.extra_info) return "too long";
  if (p.max_chars != 0 && code_points(text) > p.max_chars) return "too long";
  return p.form == text_form::visible_ascii && !is_visible_ascii(text) ? "invalid value" : "";
}

// What is wrong with an item that is there; empty if nothing is.
std::string_view problem_of(const param& p, const json& v, const item_limits& limits) {
  if ((types_of(v) & p.types) == 0) return "incorrect type";
  if (v.is_string()) return text_problem(p, v.get_ref<const std::string&>(), limits);
  if (v.is_structured()) {
    if (nests_beyond(v, greatest_depth)) return "too deep";
    return to_text(v).size() > limits.extra_info ? "too large" : "";
  }
  if (v.is_number_integer() && fits_int64(v)) {
    const auto number = v.get<std::int64_t>();
    if (number < p.min || number > p.max) return "invalid value";
  }
  return {};
}

// `within` is the item that holds this one, with a dot; empty for the request's own.
void add_problem(std::string& list, const param& p, std::string_view problem, std::string_view within = {}) {
  list += list.empty() ? '[' : ',';
  list += object_text{}
              .text("param", std::string(within).append(p.name))
              .text("problem", problem)
              .raw("required_type", required_type(p.types))
              .boolean("required_param", p.needed != need::optional)
              .object();
}

const json* member(const json& body, std::string_view name) {
  if (name.empty()) return nullptr;
  const auto it = body.find(name);
  return it == body.end() ? nullptr : &*it;
}

void judge_update(std::string& problems, std::span<const param> known, const json& update, const item_limits& limits) {
  for (const param& p : known) {
    const json* value = member(update, p.name);
    if (value == nullptr) continue;
    if (const auto problem = problem_of(p, *value, limits); !problem.empty())
      add_problem(problems, p, problem, "update_dict.");
  }
}

}  // namespace

std::string call::bind(const request_row& row, json body, const item_limits& limits) {
  row_ = &row;
  body_ = std::move(body);
  items_ = {};
  other_names_ = 0;
  std::string problems;
  for (std::size_t i = 0; i < row.params.size(); ++i) {
    const param& p = row.params[i];
    const auto given = [&](const json* v) { return v != nullptr && !(p.needed == need::optional && v->is_null()); };
    const json* value = member(body_, p.name);
    if (!given(value)) {
      value = member(body_, p.also);
      if (given(value)) other_names_ |= 1U << i;
    }
    if (!given(value)) {
      if (p.needed != need::optional) add_problem(problems, p, "missing");
      continue;
    }
    if (const auto problem = problem_of(p, *value, limits); !problem.empty())
      add_problem(problems, p, problem);
    else if (!value->is_null())
      items_[i] = value;
  }
  if (!row.update.empty())
    if (const json* update = find("update_dict")) judge_update(problems, row.update, *update, limits);
  return problems.empty() ? problems : problems + "]";
}

std::size_t call::index(std::string_view item) const {
  return static_cast<std::size_t>(std::ranges::find(row_->params, item, &param::name) - row_->params.begin());
}

const json* call::find(std::string_view item) const {
  const std::size_t i = index(item);
  return i < items_.size() ? items_[i] : nullptr;
}

bool call::used_other_name(std::string_view item) const { return (other_names_ >> index(item) & 1U) != 0; }

std::string_view call::text(std::string_view item) const { return find(item)->get_ref<const std::string&>(); }

std::string_view call::text_or_empty(std::string_view item) const {
  return has(item) ? text(item) : std::string_view{};
}

std::int64_t call::integer(std::string_view item) const { return find(item)->get<std::int64_t>(); }

std::optional<std::int64_t> call::maybe_integer(std::string_view item) const {
  return has(item) ? std::optional{integer(item)} : std::nullopt;
}

std::optional<double> call::maybe_number(std::string_view item) const {
  const json* value = find(item);
  return value != nullptr ? std::optional{value->get<double>()} : std::nullopt;
}

bool call::boolean(std::string_view item) const { return find(item)->get<bool>(); }

}  // namespace authnz::proto
