/// Says where something stands in a JSON text: `$.roles[2]`, `$.items["a b"]`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace authnz::actors::rules {

inline constexpr std::string_view json_root = "$";

/// A member of the object at `path`. Names that are no plain words are quoted and escaped.
std::string member_path(std::string_view path, std::string_view name);
/// An element of the array at `path`.
std::string element_path(std::string_view path, std::size_t index);

/// `text` as a JSON string, ASCII alone.
std::string json_quoted(std::string_view text);

}  // namespace authnz::actors::rules
