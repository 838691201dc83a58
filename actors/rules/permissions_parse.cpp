// Reads permissions files, and says where they are broken (contract, section 9.1).
#include <array>
#include <optional>
#include <utility>

#include "actors/rules/json_number.hpp"
#include "actors/rules/json_path.hpp"
#include "actors/rules/permissions.hpp"
#include "actors/rules/text_lines.hpp"

namespace authnz::actors::rules {
namespace {

using proto::json;
using names = permissions::names;

/// A value and where it stands.
struct node {
  const json& value;
  std::string path;

  node at(std::string_view name, const json& member) const { return {member, member_path(path, name)}; }
};

/// Names that the file declares, and what one is called.
struct vocabulary {
  std::string_view word;
  names declared = {};
  bool sound = false;  ///< all could be read, so that others can be told apart

  bool lacks(const std::string& name) const { return sound && !declared.contains(name); }
};

enum class shape : std::uint8_t { object, array, string, number };

bool has_shape(const json& value, shape wanted) {
  switch (wanted) {
    case shape::object: return value.is_object();
    case shape::array: return value.is_array();
    case shape::string: return value.is_string();
    case shape::number: return value.is_number();
  }
  return false;
}

std::string_view words_of(shape wanted) {
  switch (wanted) {
    case shape::object: return "an object";
    case shape::array: return "an array";
    case shape::string: return "a string";
    case shape::number: return "a number";
  }
  return "";
}

/// Reads the whole file, and goes on after errors.
class model_reader {
 public:
  permissions read(const json& file) {
    const node whole{file, std::string(json_root)};
    permissions out;
    if (!is(whole, shape::object)) return out;
    out.roles = declare(whole, "roles", roles_);
    out.items = declare(whole, "items", items_);
    out.actions = declare(whole, "actions", actions_);
    out.visibilities = declare(whole, "visibilities", visibilities_);
    require_roles();
    read_limit_types(whole);
    out.item_policies = policies<permissions::item_policy>(
        whole, "item_policy", items_, [this](const node& entry) { return read_item_policy(entry); });
    out.role_policies = policies<permissions::role_policy>(
        whole, "role_policy", roles_, [this](const node& entry) { return read_role_policy(entry); });
    return out;
  }

  std::vector<std::string> take_errors() { return std::move(errors_); }

 private:
  void complain(const std::string& path, std::string_view reason) {
    errors_.push_back(path + ": " + std::string(reason));
  }

  bool is(const node& n, shape wanted) {
    if (has_shape(n.value, wanted)) return true;
    complain(n.path, "must be " + std::string(words_of(wanted)) + ", but is " + n.value.type_name());
    return false;
  }

  std::optional<node> member(const node& of, std::string_view name, shape wanted) {
    const auto found = of.value.find(name);
    if (found == of.value.end()) {
      complain(member_path(of.path, name), "is missing");
      return std::nullopt;
    }
    node n = of.at(name, *found);
    return is(n, wanted) ? std::optional<node>(std::move(n)) : std::nullopt;
  }

  void must_be_declared(const std::string& path, const std::string& name, const vocabulary& among) {
    if (among.lacks(name)) complain(path, json_quoted(name) + " is no declared " + std::string(among.word));
  }

  names declare(const node& whole, std::string_view name, vocabulary& v) {
    const auto list = member(whole, name, shape::array);
    if (!list) return {};
    const std::size_t errors_before = errors_.size();
    for_each_text(*list, [&v](const std::string&, const std::string& text) { v.declared.insert(text); });
    v.sound = errors_.size() == errors_before;
    return v.declared;
  }

  template <class Visit>
  void for_each_text(const node& list, const Visit& visit) {
    for (std::size_t i = 0; i < list.value.size(); ++i) {
      const node element{list.value[i], element_path(list.path, i)};
      if (is(element, shape::string)) visit(element.path, element.value.get_ref<const std::string&>());
    }
  }

  names declared_names(const node& list, const vocabulary& among) {
    names out;
    for_each_text(list, [&](const std::string& path, const std::string& text) {
      must_be_declared(path, text, among);
      out.insert(text);
    });
    return out;
  }

  names declared_names(const node& of, std::string_view name, const vocabulary& among) {
    const auto list = member(of, name, shape::array);
    return list ? declared_names(*list, among) : names();
  }

  std::optional<std::string> one_of(const node& of, std::string_view name, std::string_view first,
                                    std::string_view second) {
    const auto text = member(of, name, shape::string);
    if (!text) return std::nullopt;
    const auto& value = text->value.get_ref<const std::string&>();
    if (value == first || value == second) return value;
    complain(text->path, "must be " + json_quoted(first) + " or " + json_quoted(second));
    return std::nullopt;
  }

  void require_roles() {
    for (const char* role : {"superuser", "authenticated", "anonymous", "locked"})
      if (roles_.lacks(role)) complain(member_path(json_root, "roles"), "must hold " + json_quoted(role));
  }

  void read_limit_types(const node& whole) {
    const auto types = member(whole, "limits", shape::object);
    if (!types) return;
    limit_names_.sound = true;
    for (const auto& [name, value] : types->value.items()) {
      limit_names_.declared.insert(name);
      const node type = types->at(name, value);
      if (!is(type, shape::object)) continue;
      const auto number_type = one_of(type, "type", "int", "float");
      const auto comparison = one_of(type, "operator", "lt", "gt");
      limit_types_[name] = {.whole = number_type == "int", .below = comparison == "lt"};
    }
  }

  /// One policy for each name that is declared, and none for others.
  template <class Policy, class Read>
  permissions::by_name<Policy> policies(const node& whole, std::string_view name, const vocabulary& among,
                                        const Read& read) {
    permissions::by_name<Policy> out;
    const auto all = member(whole, name, shape::object);
    if (!all) return out;
    for (const auto& wanted : among.declared)
      if (!all->value.contains(wanted)) complain(member_path(all->path, wanted), "is missing");
    for (const auto& [key, value] : all->value.items()) {
      const node entry = all->at(key, value);
      must_be_declared(entry.path, key, among);
      if (is(entry, shape::object)) out.emplace(key, read(entry));
    }
    return out;
  }

  permissions::item_policy read_item_policy(const node& entry) {
    return {.valid_role_actions = declared_names(entry, "valid_role_actions", actions_),
            .valid_visibilities = declared_names(entry, "valid_visibilities", visibilities_),
            .invalid_roles = declared_names(entry, "invalid_roles", roles_)};
  }

  permissions::role_policy read_role_policy(const node& entry) {
    return {.limits = read_role_limits(entry),
            .can_own_items = declared_names(entry, "can_own_items", items_),
            .allowed_actions_for_owned = declared_names(entry, "allowed_actions_for_owned", actions_),
            .allowed_actions_for_other = read_actions_for_other(entry)};
  }

  permissions::by_name<permissions::role_limit> read_role_limits(const node& role) {
    permissions::by_name<permissions::role_limit> out;
    const auto limits = member(role, "limits", shape::object);
    if (!limits) return out;
    for (const auto& [name, value] : limits->value.items()) {
      const node entry = limits->at(name, value);
      if (is(entry, shape::object)) out.emplace(name, read_role_limit(entry));
    }
    return out;
  }

  permissions::role_limit read_role_limit(const node& entry) {
    permissions::role_limit out;
    if (const auto type = member(entry, "type", shape::string)) {
      out.type_name = type->value.get<std::string>();
      must_be_declared(type->path, out.type_name, limit_names_);
      out.type = limit_types_[out.type_name];
    }
    if (const auto limit = member(entry, "limit", shape::number)) out.limit = number_in(limit->value);
    return out;
  }

  permissions::by_name<names> read_actions_for_other(const node& role) {
    permissions::by_name<names> out;
    const auto others = member(role, "allowed_actions_for_other", shape::object);
    if (!others) return out;
    for (const auto& [visibility, value] : others->value.items()) {
      const node list = others->at(visibility, value);
      must_be_declared(list.path, visibility, visibilities_);
      if (is(list, shape::array)) out.emplace(visibility, declared_names(list, actions_));
    }
    return out;
  }

  std::vector<std::string> errors_;
  vocabulary roles_{"role"};
  vocabulary items_{"item"};
  vocabulary actions_{"action"};
  vocabulary visibilities_{"visibility"};
  vocabulary limit_names_{"limit type"};
  permissions::by_name<permissions::limit_type> limit_types_;
};

tl::expected<permissions, std::string> or_first_error(tl::expected<permissions, std::vector<std::string>> checked) {
  if (!checked) return tl::unexpected(std::move(checked.error().front()));
  return std::move(*checked);
}

// The library's "[json.exception...] parse error at line 1, column 2: ..." without its prefix.
std::string why_no_json(const json::exception& e) {
  std::string_view what = e.what();
  if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  return "is not JSON: " + std::string(what);
}

}  // namespace

tl::expected<permissions, std::vector<std::string>> permissions::check(std::string_view json_text) {
  model_reader reader;
  try {
    permissions out = reader.read(json::parse(json_text));
    auto errors = reader.take_errors();
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    return out;
  } catch (const json::exception& e) {
    return tl::unexpected(std::vector{std::string(json_root) + ": " + why_no_json(e)});
  }
}

tl::expected<permissions, std::string> permissions::parse(std::string_view json_text) {
  return or_first_error(check(json_text));
}

tl::expected<permissions, std::vector<std::string>> permissions::check_file(const std::filesystem::path& file) {
  std::string text;
  const auto read = for_each_line(file, [&text](std::string_view line) { text.append(line).append("\n"); });
  if (!read) return tl::unexpected(std::vector{read.error()});
  auto checked = check(text);
  if (!checked)
    for (auto& error : checked.error()) error.insert(0, file.string() + ": ");
  return checked;
}

tl::expected<permissions, std::string> permissions::load(const std::filesystem::path& file) {
  return or_first_error(check_file(file));
}

}  // namespace authnz::actors::rules
