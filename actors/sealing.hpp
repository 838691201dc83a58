/// Texts that leave a process, for the disk or for another node, sealed with
/// the key that frontends share with the server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/keyring.hpp"
#include "proto/secret.hpp"

namespace authnz::actors {

/// With the ring's first key. Nothing if OpenSSL fails.
std::optional<std::string> seal(const proto::secret& text, const proto::keyring_ptr& keys);
/// With any of the ring's keys. Nothing when none fits, or the text is damaged.
std::optional<proto::secret> unseal(std::string_view sealed, const proto::keyring_ptr& keys);

}  // namespace authnz::actors
