/// Merges into stored additional information (contract, internal-session-edit).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/json_text.hpp"

namespace authnz::actors {

/// The stored object, null counting as {}, with each top-level key of `update`
/// set, or removed where its value is "__delete__". JSON text; nothing when it
/// is longer than `limit` bytes. `stored` is JSON text of an object.
std::optional<std::string> merge_extra_info(const std::optional<std::string_view>& stored, const proto::json& update,
                                            std::size_t limit);

/// The stored object with each top-level key of `update` set, whatever its
/// value; `update` alone when the two together are longer than `limit` bytes.
std::string overlay_extra_info(const std::optional<std::string_view>& stored, const proto::json& update,
                               std::size_t limit);

}  // namespace authnz::actors
