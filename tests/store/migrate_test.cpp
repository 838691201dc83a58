#include "storage/migrate.hpp"

#include <gtest/gtest.h>

#include <map>

#include "storage/codec.hpp"
#include "storage/slices.hpp"

namespace authnz::storage {
namespace {

/// A draft of the slice `meta` alone.
class meta_draft final : public draft {
 public:
  std::optional<record> get(slice, std::string_view key) const override {
    const auto found = values.find(std::string(key));
    if (found == values.end()) return std::nullopt;
    return record{1, found->second};
  }
  void scan(slice, std::string_view, const visitor&) const override {}
  std::optional<std::string> last_key(slice) const override { return std::nullopt; }
  void put(slice, std::string_view key, std::uint64_t, std::string_view value) override {
    values.insert_or_assign(std::string(key), std::string(value));
  }
  void erase(slice, std::string_view key) override { values.erase(std::string(key)); }
  bool failed() const noexcept override { return false; }

  std::map<std::string, std::string> values;
};

class migrating : public testing::Test {
 protected:
  migration note(std::string name) {
    return [this, name = std::move(name)](draft&) {
      taken.push_back(name);
      return tl::expected<void, std::string>();
    };
  }
  void set_format(std::uint64_t format) {
    std::string text;
    append_u64(text, format);
    state.put(slice::meta, format_key, 1, text);
  }

  meta_draft state;
  std::vector<std::string> taken;
  std::vector<migration> steps{note("1 to 2"), note("2 to 3")};
};

TEST_F(migrating, takes_all_steps_from_the_first_format) {
  set_format(1);
  ASSERT_TRUE(migrate(state, steps));
  EXPECT_EQ(taken, (std::vector<std::string>{"1 to 2", "2 to 3"}));
  EXPECT_EQ(stored_format(state), 3U);
}

TEST_F(migrating, takes_only_the_steps_that_are_missing) {
  set_format(2);
  ASSERT_TRUE(migrate(state, steps));
  EXPECT_EQ(taken, (std::vector<std::string>{"2 to 3"}));
}

TEST_F(migrating, takes_no_step_in_a_new_store) {
  ASSERT_TRUE(migrate(state, steps));
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(stored_format(state), 3U);
}

TEST_F(migrating, refuses_a_newer_format) {
  set_format(4);
  EXPECT_FALSE(migrate(state, steps));
  EXPECT_EQ(stored_format(state), 4U);
}

TEST_F(migrating, stops_at_a_step_that_fails) {
  set_format(1);
  steps[0] = [](draft&) { return tl::expected<void, std::string>(tl::make_unexpected<std::string>("why")); };
  const auto done = migrate(state, steps);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), "why");
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(stored_format(state), 1U);
}

TEST_F(migrating, refuses_a_format_that_cannot_be_read) {
  state.put(slice::meta, format_key, 1, "1");
  EXPECT_FALSE(migrate(state, steps));
}

}  // namespace
}  // namespace authnz::storage
