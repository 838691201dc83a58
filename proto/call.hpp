/// One validated request: its row and its items, by name.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "proto/json_text.hpp"
#include "proto/requests.hpp"

namespace authnz::proto {

/// Limits of single items (contract, section 3); bytes.
struct item_limits {
  std::size_t text = 4096;         ///< maxstring
  std::size_t extra_info = 65536;  ///< maxextrainfo
};

/// Owns the request's JSON; items are pointers into it, so it stays in place.
/// The accessors require that validation found no problem, and that the row
/// has an item of that name and type.
class call {
 public:
  call() = default;
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  /// Takes the body and binds the row's items to it. Returns the JSON text of
  /// the list of problems (contract, section 3); empty when there are none.
  std::string bind(const request_row& row, json body, const item_limits& limits);

  const request_row& row() const { return *row_; }

  /// Null when the item is absent, or null.
  const json* find(std::string_view item) const;
  bool has(std::string_view item) const { return find(item) != nullptr; }
  /// Whether the item was given under its other name.
  bool used_other_name(std::string_view item) const;

  std::string_view text(std::string_view item) const;
  /// Empty when the item is absent or null.
  std::string_view text_or_empty(std::string_view item) const;
  std::int64_t integer(std::string_view item) const;
  std::optional<std::int64_t> maybe_integer(std::string_view item) const;
  std::optional<double> maybe_number(std::string_view item) const;
  bool boolean(std::string_view item) const;

 private:
  std::size_t index(std::string_view item) const;

  const request_row* row_ = nullptr;
  json body_;
  std::array<const json*, max_params> items_{};
  std::uint32_t other_names_ = 0;
};

}  // namespace authnz::proto
