/// The permissions policy: a parsed model, and what it allows (contract,
/// section 9). Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "proto/json_text.hpp"

namespace authnz::actors::rules {

/// Holds every integer of 64 bits and every double as it is.
using exact_number = long double;
static_assert(std::numeric_limits<exact_number>::digits >= 64);

/// A permissions file, checked: every name is declared, every entry is there.
struct permissions {
  using names = std::set<std::string, std::less<>>;
  template <class T>
  using by_name = std::map<std::string, T, std::less<>>;

  struct limit_type {
    bool whole = true;  ///< "int"; else "float"
    bool below = true;  ///< "lt"; else "gt"
  };
  struct item_policy {
    names valid_role_actions;
    names valid_visibilities;
    names invalid_roles;
  };
  struct role_limit {
    std::string type_name;
    limit_type type;
    exact_number limit = 0;
  };
  struct role_policy {
    by_name<role_limit> limits;
    names can_own_items;
    names allowed_actions_for_owned;
    by_name<names> allowed_actions_for_other;  ///< by visibility
  };

  names roles;
  names items;
  names actions;
  names visibilities;
  by_name<item_policy> item_policies;
  by_name<role_policy> role_policies;

  /// The errors say where the text is broken, each with a JSON path
  /// (`$.role_policy.staff.limits`) and a reason; what follows from another
  /// error is not told.
  static tl::expected<permissions, std::vector<std::string>> check(std::string_view json_text);
  /// The first of them.
  static tl::expected<permissions, std::string> parse(std::string_view json_text);
  /// The same of a file, which the errors name, too.
  static tl::expected<permissions, std::vector<std::string>> check_file(const std::filesystem::path& file);
  static tl::expected<permissions, std::string> load(const std::filesystem::path& file);
  static permissions built_in();
};

/// The policy that is built in, as a permissions file with a line break at its end.
std::string default_permissions_text();

/// The ids of a list of users that something is shared with, ascending, each
/// once: ids separated by commas, blanks ignored; "" and "none" are nobody.
/// Nothing when the text is no such list.
std::optional<std::vector<std::int64_t>> parse_shared_with(std::string_view text);

struct access_question {
  std::int64_t user_id = 0;
  std::string_view role;
  std::string_view action;
  std::string_view item;
  std::int64_t owner = 0;
  std::string_view visibility;
  std::span<const std::int64_t> shared_with = {};
};

/// A decision with the rules that led to it, one line each, for people.
struct explained {
  bool granted = false;
  std::vector<std::string> why;
};

bool is_allowed(const permissions& p, const access_question& q);
/// The same decision, with its reasons.
explained explain_access(const permissions& p, const access_question& q);

enum class limit_verdict : std::uint8_t { passed, over, value_invalid };

/// `value` is what the request gave (contract, section 9.3): a number, or a
/// string that holds a decimal one, blanks around it ignored.
limit_verdict judge_limit(const permissions& p, std::string_view role, std::string_view limit_name,
                          const proto::json& value);

struct explained_limit {
  limit_verdict verdict = limit_verdict::passed;
  std::vector<std::string> why;
};

/// The same verdict, with its reasons.
explained_limit explain_limit(const permissions& p, std::string_view role, std::string_view limit_name,
                              const proto::json& value);

}  // namespace authnz::actors::rules
