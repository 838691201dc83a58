/// How records are written: a version byte, then fields in a fixed order.
///
/// Integers have a fixed width, big endian; bytes are preceded by their length
/// (4 bytes); booleans and the marks of optional fields are one byte, 0 or 1.
/// Reading is strict: what was cut short, claims more than there is, has bytes
/// left over, or another version, is damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/time.hpp"

namespace authnz::storage {

/// 8 bytes, big endian: keys and revisions. They sort as the numbers do.
void append_u64(std::string& out, std::uint64_t value);
/// The first 8 bytes; requires that many.
std::uint64_t leading_u64(std::string_view bytes);
/// Order-preserving for negative numbers too.
constexpr std::uint64_t sortable(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63);
}

class record_writer {
 public:
  explicit record_writer(std::uint8_t version) { u8(version); }

  record_writer& u8(std::uint8_t value);
  record_writer& u32(std::uint32_t value);
  record_writer& u64(std::uint64_t value);
  record_writer& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
  record_writer& boolean(bool value) { return u8(value ? 1 : 0); }
  record_writer& time(proto::timestamp value) { return i64(value.time_since_epoch().count()); }
  record_writer& maybe_time(const std::optional<proto::timestamp>& value);
  /// Requires fewer than 2^32 bytes.
  record_writer& bytes(std::string_view value);
  record_writer& maybe_bytes(const std::optional<std::string>& value);

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// After the first fault every field reads as zero or empty; look at
/// `finished` once, at the end. Views point into the record.
class record_reader {
 public:
  record_reader(std::string_view record, std::uint8_t version) : rest_(record) { valid_ = u8() == version && valid_; }

  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  bool boolean();
  proto::timestamp time() { return proto::timestamp{std::chrono::microseconds{i64()}}; }
  std::optional<proto::timestamp> maybe_time();
  std::string_view bytes();
  std::optional<std::string_view> maybe_bytes();

  /// Whether all was well, and nothing is left.
  bool finished() const { return valid_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size);

  std::string_view rest_;
  bool valid_ = true;
};

}  // namespace authnz::storage
