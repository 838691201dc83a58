/// Whom a question is about: by id or by e-mail address.
#pragma once

#include <cstdint>
#include <optional>

#include "actors/inspection/arguments.hpp"
#include "actors/rules/unicode.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors::inspection {

/// The user of `user_id`, or else of `email`; nothing if neither is given. An
/// id need not be a user's: rows of deleted ones may be left.
struct person {
  std::int64_t id = 0;
  std::string email;  ///< normalised; empty = there is no such user any more
};

inline argument<std::optional<person>> person_argument(const storage::view& store, const json& arguments) {
  const auto id = number(arguments, "user_id", 1, INT64_MAX);
  const auto email = text(arguments, "email");
  if (!id) return tl::unexpected(id.error());
  if (!email) return tl::unexpected(email.error());
  if (*id) {
    const auto user = storage::find_user(store, **id);
    return std::optional(person{**id, user ? user->email : std::string()});
  }
  if (!*email) return std::optional<person>();
  const auto user = storage::find_user_by_email(store, rules::normalise_address(**email));
  if (!user) return not_found("there is no user with this e-mail address");
  return std::optional(person{user->id, user->email});
}

}  // namespace authnz::actors::inspection
