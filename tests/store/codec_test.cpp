#include "storage/codec.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace authnz::storage {
namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int v : values) out.push_back(static_cast<char>(v));
  return out;
}

TEST(record_codec, writes_the_version_first_and_integers_big_endian) {
  EXPECT_EQ(record_writer(7).u32(0x01020304).take(), bytes({7, 1, 2, 3, 4}));
}

TEST(record_codec, writes_the_length_before_bytes) {
  EXPECT_EQ(record_writer(1).bytes("ab").take(), bytes({1, 0, 0, 0, 2, 'a', 'b'}));
}

TEST(record_codec, reads_back_every_kind_of_field) {
  const proto::timestamp moment{std::chrono::microseconds{-12345}};
  const auto record = record_writer(1)
                          .u8(255)
                          .u32(4'000'000'000)
                          .u64(~std::uint64_t{0})
                          .i64(least)
                          .boolean(true)
                          .time(moment)
                          .maybe_time(moment)
                          .maybe_time(std::nullopt)
                          .bytes(std::string_view("a\0b", 3))
                          .maybe_bytes("")
                          .maybe_bytes(std::nullopt)
                          .take();
  record_reader in(record, 1);
  EXPECT_EQ(in.u8(), 255);
  EXPECT_EQ(in.u32(), 4'000'000'000U);
  EXPECT_EQ(in.u64(), ~std::uint64_t{0});
  EXPECT_EQ(in.i64(), least);
  EXPECT_TRUE(in.boolean());
  EXPECT_EQ(in.time(), moment);
  EXPECT_EQ(in.maybe_time(), moment);
  EXPECT_EQ(in.maybe_time(), std::nullopt);
  EXPECT_EQ(in.bytes(), std::string_view("a\0b", 3));
  EXPECT_EQ(in.maybe_bytes(), "");
  EXPECT_EQ(in.maybe_bytes(), std::nullopt);
  EXPECT_TRUE(in.finished());
}

TEST(record_codec, refuses_an_empty_record) { EXPECT_FALSE(record_reader("", 1).finished()); }

TEST(record_codec, refuses_another_version) {
  const auto record = record_writer(2).u8(5).take();
  record_reader in(record, 1);
  EXPECT_EQ(in.u8(), 0);
  EXPECT_FALSE(in.finished());
}

TEST(record_codec, refuses_bytes_left_over) {
  const auto record = record_writer(1).u8(5).u8(6).take();
  record_reader in(record, 1);
  EXPECT_EQ(in.u8(), 5);
  EXPECT_FALSE(in.finished());
}

TEST(record_codec, refuses_a_record_cut_short) {
  const auto record = record_writer(1).u64(5).take();
  record_reader in(std::string_view(record).substr(0, 8), 1);
  EXPECT_EQ(in.u64(), 0U);
  EXPECT_FALSE(in.finished());
}

TEST(record_codec, refuses_a_length_beyond_the_end) {
  const auto record = bytes({1, 0xff, 0xff, 0xff, 0xff, 'a'});
  record_reader in(record, 1);
  EXPECT_EQ(in.bytes(), "");
  EXPECT_FALSE(in.finished());
}

TEST(record_codec, refuses_a_mark_that_is_neither_0_nor_1) {
  const auto record = bytes({1, 2});
  record_reader in(record, 1);
  EXPECT_FALSE(in.boolean());
  EXPECT_FALSE(in.finished());
}

TEST(record_codec, stays_at_fault_after_the_first_one) {
  const auto record = bytes({1, 2, 0});
  record_reader in(record, 1);
  (void)in.boolean();
  (void)in.boolean();
  EXPECT_FALSE(in.finished());
}

TEST(sortable, keeps_the_order_of_negative_numbers) {
  EXPECT_LT(sortable(least), sortable(-1));
  EXPECT_LT(sortable(-1), sortable(0));
  EXPECT_LT(sortable(0), sortable(std::numeric_limits<std::int64_t>::max()));
}

TEST(leading_u64, reads_what_was_appended) {
  std::string key;
  append_u64(key, 0x8000000000000001U);
  EXPECT_EQ(leading_u64(key + "rest"), 0x8000000000000001U);
}

}  // namespace
}  // namespace authnz::storage
