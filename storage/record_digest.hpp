/// SHA-256 over records in order, so that two places that should have the same
/// can be compared without moving them.
///
/// Of each record: its revision, the size of its key, the size of its value (8
/// bytes each, big endian), key, value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace authnz::storage {

class record_digest {
 public:
  record_digest();
  ~record_digest();
  record_digest(record_digest&&) noexcept;
  record_digest& operator=(record_digest&&) noexcept;

  void add(std::string_view key, std::uint64_t revision, std::string_view value);
  std::uint64_t records() const noexcept { return records_; }
  /// 64 hexadecimal digits; nothing may be added afterwards.
  std::string finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
  std::uint64_t records_ = 0;
};

}  // namespace authnz::storage
