/// Reading a question's arguments: each says what is wrong with its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actors/inspection.hpp"

namespace authnz::actors::inspection {

template <class T>
using argument = tl::expected<T, inspection_error>;

/// Nothing if it is absent or null; an error if it is no text.
argument<std::optional<std::string>> text(const json& arguments, const char* name);
/// An error if it is absent, null, empty or no text.
argument<std::string> required_text(const json& arguments, const char* name);
/// Nothing if it is absent or null; an error if it is no whole number within the bounds.
argument<std::optional<std::int64_t>> number(const json& arguments, const char* name, std::int64_t least,
                                             std::int64_t most);

inline constexpr std::int64_t most_in_a_page = 1000;
/// How many rows a page may have: `limit`, from 1 to `most_in_a_page`.
argument<std::int64_t> page_size(const json& arguments);

/// Keys of the store as people see and type them: hexadecimal, lower case.
std::string shown_key(std::string_view key);
std::optional<std::string> key_of(std::string_view shown);

}  // namespace authnz::actors::inspection
