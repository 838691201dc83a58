/// JSON as text: ASCII-escaped, compact, built by appending. What the store
/// keeps as JSON text is spliced in as it is.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "proto/time.hpp"

namespace authnz::proto {

using json = nlohmann::json;

/// Appends `utf8` (well-formed) as a quoted JSON string, everything beyond
/// ASCII as \u escapes.
void append_quoted(std::string& out, std::string_view utf8);

/// Compact, ASCII-escaped.
std::string to_text(const json& value);

/// Collects the members of one object, in the order in which they are added.
/// Keys are plain ASCII words.
class object_text {
 public:
  object_text() = default;
  /// Makes room for so many bytes at once.
  explicit object_text(std::size_t expected) { members_.reserve(expected); }

  object_text& text(std::string_view key, std::string_view value);
  object_text& text_or_null(std::string_view key, const std::optional<std::string>& value);
  object_text& integer(std::string_view key, std::int64_t value);
  object_text& integer_or_null(std::string_view key, std::optional<std::int64_t> value);
  object_text& boolean(std::string_view key, bool value);
  object_text& time(std::string_view key, timestamp value);
  object_text& time_or_null(std::string_view key, std::optional<timestamp> value);
  object_text& null(std::string_view key);
  /// `value` is JSON text already.
  object_text& raw(std::string_view key, std::string_view value);

  /// The members without braces: `"a":1,"b":null`. Empty if there are none.
  const std::string& members() const { return members_; }
  /// The whole object.
  std::string object() const;

 private:
  std::string& key(std::string_view key);
  std::string members_;
};

}  // namespace authnz::proto
