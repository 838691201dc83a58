// Decides what a permissions policy allows, and says why (contract, section 9.2).
#include <algorithm>

#include "actors/rules/json_path.hpp"
#include "actors/rules/permissions.hpp"

namespace authnz::actors::rules {
namespace {

using names = permissions::names;

// Shared with the anonymous user is shared with all.
constexpr std::int64_t anonymous_user = 2;

struct share_test {
  bool passed;
  std::string_view why;
};

share_test test_shared_item(const access_question& q) {
  const auto holds = [&q](std::int64_t id) { return std::ranges::find(q.shared_with, id) != q.shared_with.end(); };
  if (q.user_id == q.owner) return {true, "the visibility is shared and the caller is the owner"};
  if (holds(q.user_id)) return {true, "the visibility is shared and the caller is in the shared-with list"};
  if (holds(anonymous_user))
    return {true, "the visibility is shared and the shared-with list holds user 2, which is all"};
  return {false, "the visibility is shared and the caller is neither the owner nor in the shared-with list"};
}

share_test test_share(const access_question& q) {
  if (q.role == "superuser" || q.role == "staff") return {true, "the role is superuser or staff"};
  if (q.visibility == "public" || q.visibility == "unlisted") return {true, "the visibility is public or unlisted"};
  if (q.visibility == "shared") return test_shared_item(q);
  if (q.visibility != "private") return {false, "the visibility is not one of private, shared, unlisted and public"};
  if (q.user_id == q.owner) return {true, "the visibility is private and the caller is the owner"};
  return {false, "the visibility is private and the caller is not the owner"};
}

enum class set_rule : std::uint8_t {
  unknown_item,
  unknown_role,
  invalid_role,
  invalid_visibility,
  owned,
  not_ownable,
  of_other,
  nothing_of_other
};

/// The allowed set before it is cut, and the rule that gave it. No actions: it is empty.
struct allowed_set {
  set_rule rule;
  const names* actions = nullptr;
  const names* cut = nullptr;
};

template <class T>
const T* find(const permissions::by_name<T>& in, std::string_view name) {
  const auto found = in.find(name);
  return found == in.end() ? nullptr : &found->second;
}

allowed_set find_allowed(const permissions& p, const access_question& q) {
  const auto* item = find(p.item_policies, q.item);
  if (item == nullptr) return {set_rule::unknown_item};
  const auto* role = find(p.role_policies, q.role);
  if (role == nullptr) return {set_rule::unknown_role};
  if (item->invalid_roles.contains(q.role)) return {set_rule::invalid_role};
  if (!item->valid_visibilities.contains(q.visibility)) return {set_rule::invalid_visibility};
  const names* cut = &item->valid_role_actions;
  if (q.user_id == q.owner) {
    if (!role->can_own_items.contains(q.item)) return {set_rule::not_ownable};
    return {set_rule::owned, &role->allowed_actions_for_owned, cut};
  }
  const names* of_other = find(role->allowed_actions_for_other, q.visibility);
  if (of_other == nullptr) return {set_rule::nothing_of_other};
  return {set_rule::of_other, of_other, cut};
}

bool holds(const names* set, std::string_view name) { return set != nullptr && set->contains(name); }

/// Writes the reasons with the member names of the file.
class narrator {
 public:
  explicit narrator(const access_question& q)
      : q_(q),
        item_(member_path(member_path(json_root, "item_policy"), q.item)),
        role_(member_path(member_path(json_root, "role_policy"), q.role)) {}

  std::string share(const share_test& test) const {
    return std::string("share test: ") + (test.passed ? "passes" : "fails") + ", because " + std::string(test.why);
  }

  std::string set(set_rule rule) const {
    switch (rule) {
      case set_rule::unknown_item: return empty("$.items does not hold " + json_quoted(q_.item));
      case set_rule::unknown_role: return empty("$.roles does not hold " + json_quoted(q_.role));
      case set_rule::invalid_role: return empty(member_path(item_, "invalid_roles") + " holds " + json_quoted(q_.role));
      case set_rule::invalid_visibility:
        return empty(member_path(item_, "valid_visibilities") + " does not hold " + json_quoted(q_.visibility));
      case set_rule::owned:
        return "allowed set: " + source(rule) + ", because the caller is the owner and " + can_own() + " holds " +
               json_quoted(q_.item);
      case set_rule::not_ownable:
        return empty("the caller is the owner and " + can_own() + " does not hold " + json_quoted(q_.item));
      case set_rule::of_other: return "allowed set: " + source(rule) + ", because the caller is not the owner";
      case set_rule::nothing_of_other:
        return empty("the caller is not the owner and there is no " + source(set_rule::of_other));
    }
    return {};
  }

  std::string action(const allowed_set& allowed) const {
    return "action: " + source(allowed.rule) + holds_action(allowed.actions);
  }

  std::string cut(const allowed_set& allowed) const {
    return "cut: " + member_path(item_, "valid_role_actions") + holds_action(allowed.cut);
  }

 private:
  static std::string empty(const std::string& why) { return "allowed set: empty, because " + why; }

  std::string can_own() const { return member_path(role_, "can_own_items"); }

  std::string source(set_rule rule) const {
    if (rule == set_rule::owned) return member_path(role_, "allowed_actions_for_owned");
    return member_path(member_path(role_, "allowed_actions_for_other"), q_.visibility);
  }

  std::string holds_action(const names* set) const {
    return (holds(set, q_.action) ? " holds " : " does not hold ") + json_quoted(q_.action);
  }

  const access_question& q_;
  std::string item_;
  std::string role_;
};

}  // namespace

bool is_allowed(const permissions& p, const access_question& q) {
  if (!test_share(q).passed) return false;
  const allowed_set allowed = find_allowed(p, q);
  return holds(allowed.actions, q.action) && holds(allowed.cut, q.action);
}

explained explain_access(const permissions& p, const access_question& q) {
  const narrator say(q);
  const share_test share = test_share(q);
  const allowed_set allowed = find_allowed(p, q);
  explained out;
  out.granted = share.passed && holds(allowed.actions, q.action) && holds(allowed.cut, q.action);
  out.why = {say.share(share), say.set(allowed.rule)};
  if (allowed.actions == nullptr) return out;
  out.why.push_back(say.action(allowed));
  out.why.push_back(say.cut(allowed));
  return out;
}

}  // namespace authnz::actors::rules
