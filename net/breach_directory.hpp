/// Breached passwords in a directory of range files.
#pragma once

#include <filesystem>
#include <utility>

#include "actors/interfaces.hpp"

namespace authnz::net {

/// A range's file is called `ABCDE` or `ABCDE.txt`, the digits in upper or
/// lower case. One that is missing or damaged is out of reach.
class breach_directory final : public actors::breached_passwords {
 public:
  explicit breach_directory(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::optional<std::uint64_t> matches(const proto::secret& password) override;

 private:
  std::filesystem::path directory_;
};

}  // namespace authnz::net
