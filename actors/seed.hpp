/// The users that every store begins with (contract, section 6.2).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "actors/settings.hpp"
#include "proto/error.hpp"
#include "proto/secret.hpp"
#include "storage/store.hpp"

namespace authnz::actors {

struct administrator {
  std::string email;                      ///< as given; exactly one `@`
  std::optional<proto::secret> password;  ///< nothing = a random one
};

struct seeded {
  std::string email;                       ///< normalised
  std::optional<proto::secret> generated;  ///< the random password, where none was given
};

/// Whether the store has users already.
bool is_seeded(storage::store& store);

/// The rules that an administrator's password fails; empty when it is accepted.
/// The list of breached passwords is not asked.
std::vector<proto::code> judge_administrator(const administrator& admin, const settings& config);

/// Called when everything is ready but not yet written: a random password is
/// to be kept somewhere before the store depends on it. Its error ends the
/// seeding.
using before_seeding = std::function<tl::expected<void, std::string>(const seeded&)>;

/// Writes users 1, 2 and 3 in one transaction. The error is one line: an
/// address or a password that is refused, or a store that cannot be written.
tl::expected<seeded, std::string> seed(storage::store& store, const administrator& admin, const settings& config,
                                       proto::timestamp now, const before_seeding& before);

}  // namespace authnz::actors
