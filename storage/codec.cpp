#include "storage/codec.hpp"

namespace authnz::storage {
namespace {

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<unsigned char>(value >> shift)));
}

template <class Unsigned>
Unsigned big_endian(std::string_view bytes) {
  Unsigned value = 0;
  for (const char c : bytes) value = static_cast<Unsigned>(value << 8) | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

void append_u64(std::string& out, std::uint64_t value) { append_big_endian(out, value); }

std::uint64_t leading_u64(std::string_view bytes) { return big_endian<std::uint64_t>(bytes.substr(0, 8)); }

record_writer& record_writer::u8(std::uint8_t value) {
  out_.push_back(static_cast<char>(value));
  return *this;
}

record_writer& record_writer::u32(std::uint32_t value) {
  append_big_endian(out_, value);
  return *this;
}

record_writer& record_writer::u64(std::uint64_t value) {
  append_big_endian(out_, value);
  return *this;
}

record_writer& record_writer::maybe_time(const std::optional<proto::timestamp>& value) {
  boolean(value.has_value());
  return value ? time(*value) : *this;
}

record_writer& record_writer::bytes(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  out_.append(value);
  return *this;
}

record_writer& record_writer::maybe_bytes(const std::optional<std::string>& value) {
  boolean(value.has_value());
  return value ? bytes(*value) : *this;
}

std::string_view record_reader::take(std::size_t size) {
  if (!valid_ || rest_.size() < size) {
    valid_ = false;
    return {};
  }
  const auto taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint8_t record_reader::u8() { return big_endian<std::uint8_t>(take(1)); }
std::uint32_t record_reader::u32() { return big_endian<std::uint32_t>(take(4)); }
std::uint64_t record_reader::u64() { return big_endian<std::uint64_t>(take(8)); }

bool record_reader::boolean() {
  const auto value = u8();
  valid_ = valid_ && value <= 1;
  return valid_ && value == 1;
}

std::optional<proto::timestamp> record_reader::maybe_time() {
  if (!boolean()) return std::nullopt;
  return time();
}

std::string_view record_reader::bytes() { return take(u32()); }

std::optional<std::string_view> record_reader::maybe_bytes() {
  if (!boolean()) return std::nullopt;
  return bytes();
}

}  // namespace authnz::storage
