/// Text that must not leak: prints as `***`, compares in constant time, wipes itself.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace authnz::proto {

/// Its memory is overwritten when it is destroyed, assigned to or moved from.
/// May be empty, and may hold any byte.
class secret {
 public:
  secret() = default;
  /// Wipes the argument too; copies that the caller keeps are the caller's.
  explicit secret(std::string text);
  secret(const secret&) = default;
  secret(secret&& other) noexcept = default;
  secret& operator=(secret other) noexcept;
  ~secret();

  /// Valid until the secret changes.
  std::string_view reveal() const noexcept { return {bytes_.data(), bytes_.size()}; }
  bool empty() const noexcept { return bytes_.empty(); }

  /// Takes the same time for any two texts of one length; the length shows.
  friend bool operator==(const secret& a, const secret& b) noexcept;

 private:
  // Not a std::string: short ones live inside of the object, where moving
  // leaves them behind.
  std::vector<char> bytes_;
};

std::ostream& operator<<(std::ostream& out, const secret&);

}  // namespace authnz::proto
