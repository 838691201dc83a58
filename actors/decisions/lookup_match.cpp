// user-lookup-match
#include <algorithm>
#include <array>
#include <functional>

#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/rules/full_name.hpp"
#include "actors/rules/unicode.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::json;
using proto::object_text;
using proto::request;

namespace {

bool is_text(const json& v) { return v.is_string(); }
bool is_flag(const json& v) { return v.is_boolean(); }
bool is_object(const json& v) { return v.is_object(); }
bool is_integer(const json& v) {
  return v.is_number_integer() && (!v.is_number_unsigned() || v.get<std::uint64_t>() <= INT64_MAX);
}
bool is_time(const json& v) { return v.is_string() && proto::parse_time(v.get_ref<const std::string&>()).has_value(); }

std::string_view text_of(const json& v) { return v.get_ref<const std::string&>(); }
proto::timestamp time_of(const json& v) { return *proto::parse_time(text_of(v)); }

/// Whom a value names by an index: at most one user.
using finder = std::optional<storage::user> (*)(const storage::view&, const json&);
/// Says of any user whether it has the value.
using matcher = std::function<bool(const storage::user&)>;

std::optional<storage::user> find_by_id(const storage::view& store, const json& v) {
  return storage::find_user(store, v.get<std::int64_t>());
}

std::optional<storage::user> find_by_email(const storage::view& store, const json& v) {
  return storage::find_user_by_email(store, rules::normalise_address(text_of(v)));
}

std::optional<storage::user> find_by_system_id(const storage::view& store, const json& v) {
  const auto id = storage::user_id_of_system_id(store, text_of(v));
  return id ? storage::find_user(store, *id) : std::nullopt;
}

matcher match_name(const context&, const json& v) {
  return [name = rules::unescape_name(rules::stored_name(text_of(v)))](const storage::user& u) {
    return rules::unescape_name(u.full_name) == name;
  };
}

matcher match_active(const context& c, const json& v) {
  return [&c, active = v.get<bool>()](const storage::user& u) { return present(c.store, u, c.now).active == active; };
}

matcher match_role(const context& c, const json& v) {
  return [&c, role = text_of(v)](const storage::user& u) { return present(c.store, u, c.now).role == role; };
}

matcher match_created(const context&, const json& v) {
  return [when = time_of(v)](const storage::user& u) { return u.created == when; };
}

matcher match_login_try(const context&, const json& v) {
  return [when = time_of(v)](const storage::user& u) { return u.last_login_try == when; };
}

matcher match_login_success(const context&, const json& v) {
  return [when = time_of(v)](const storage::user& u) { return u.last_login_success == when; };
}

matcher match_extra_info(const context&, const json& v) {
  return [&v](const storage::user& u) {
    if (v.empty() || !u.extra_info) return false;
    const json info = json::parse(*u.extra_info, nullptr, false);
    return info.is_object() && std::ranges::all_of(v.items(), [&](const auto& wanted) {
             const auto found = info.find(wanted.key());
             return found != info.end() && *found == wanted.value();
           });
  };
}

struct property {
  std::string_view name;
  bool (*has_its_type)(const json&);
  finder find;                                      ///< by an index, or null
  matcher (*match)(const context&, const json& v);  ///< by looking at all users
};

constexpr auto properties = std::to_array<property>({
    {"user_id", is_integer, find_by_id, nullptr},
    {"system_id", is_text, find_by_system_id, nullptr},
    {"email", is_text, find_by_email, nullptr},
    {"full_name", is_text, nullptr, match_name},
    {"is_active", is_flag, nullptr, match_active},
    {"user_role", is_text, nullptr, match_role},
    {"created_on", is_time, nullptr, match_created},
    {"last_login_try", is_time, nullptr, match_login_try},
    {"last_login_success", is_time, nullptr, match_login_success},
    {"extra_info", is_object, nullptr, match_extra_info},
});

std::string matching_users(const context& c, const property& by, const json& value) {
  std::string list;
  const auto add = [&](const storage::user& u) {
    list += list.empty() ? '[' : ',';
    list += user_info(c.store, u, c.now);
  };
  if (by.find) {
    if (const auto user = by.find(c.store, value)) add(*user);
  } else {
    storage::for_each_user(c.store, 0, [&, matches = by.match(c, value)](const storage::user& u) {
      if (matches(u)) add(u);
      return true;
    });
  }
  return list.empty() ? "[]" : list + ']';
}

}  // namespace

std::string decision<request::user_lookup_match>::fields_on_failure(const proto::call&) {
  return object_text().null("user_info").members();
}

step decision<request::user_lookup_match>::decide(const context& c) {
  const auto* by = std::ranges::find(properties, c.request.text("by"), &property::name);
  const auto refuse = [&](code reason) -> step {
    return finish{.answer = answer::failure(reason, fields_on_failure(c.request))};
  };
  if (by == properties.end()) return refuse(code::property_invalid);
  const json& value = *c.request.find("match");
  if (!by->has_its_type(value)) return refuse(code::match_invalid);
  return finish{.answer = answer::success(code::users_found,
                                          object_text().raw("user_info", matching_users(c, *by, value)).members())};
}

}  // namespace authnz::actors
