#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

#include "tests/fuzz/decode_record.hpp"
#include "tests/store/samples.hpp"

namespace authnz::storage {
namespace {

using namespace samples;

std::vector<std::string> sound_records() {
  mini_transaction tx;
  add_user(tx, make_user(4));
  add_session(tx, make_session(1, 7));
  put_attempts(tx, "user@example.org", std::nullopt, {.failures = 10, .last_failure = at(5), .locked_until = at(3605)});
  add_apikey(tx, make_session_apikey(1, 7));
  add_apikey(tx, make_apikey(2, 7));
  add_family(tx, {.key = session_key(2), .user_id = 7});
  add_mail(tx, {.key = "key", .user_id = 7, .kind = 1, .created = at(5), .sent_before = at(1), .sealed = "sealed"});
  put_rate_bucket(tx, make_rate_bucket('b'));
  remove_user(tx, make_user(4));
  std::vector<std::string> records;
  for (const auto& w : tx.writes)
    if (w.value) records.push_back(*w.value);
  return records;
}

/// In memory of exactly its size, so that a sanitizer sees a step beyond it.
std::optional<decoded> decode_exactly(const std::string& bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  bytes.copy(copy.get(), bytes.size());
  return decode_record({copy.get(), bytes.size()});
}

std::set<std::string> names_of(const decoded& by) {
  std::set<std::string> names;
  if (by.user) names.insert("user");
  if (by.session) names.insert("session");
  if (by.attempts) names.insert("attempts");
  if (by.apikey) names.insert("apikey");
  if (by.family) names.insert("family");
  if (by.mail) names.insert("mail");
  if (by.rate_bucket) names.insert("rate_bucket");
  return names;
}

/// The same choices in every run and with every standard library.
class mutator {
 public:
  std::string mutate(std::string bytes) {
    for (auto changes = 1 + below(3); changes > 0; --changes) change(bytes);
    return bytes;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  void change(std::string& bytes) {
    if (bytes.empty()) return bytes.push_back(byte());
    const auto where = below(bytes.size());
    switch (below(6)) {
      case 0: bytes[where] = static_cast<char>(bytes[where] ^ (1 << below(8))); break;
      case 1: bytes[where] = byte(); break;
      case 2: bytes.resize(where); break;
      case 3: bytes.insert(where, 1, byte()); break;
      case 4: bytes.erase(where, 1 + below(8)); break;
      default: bytes.replace(where, 4, std::string(4, below(2) == 0 ? '\xff' : '\0')); break;
    }
  }
  char byte() { return static_cast<char>(random_()); }

  std::mt19937 random_{20240229};
};

TEST(damaged_records, are_told_from_sound_ones) {
  std::map<std::string, int> taken;
  for (const auto& bytes : sound_records()) {
    const auto by = decode_exactly(bytes);
    ASSERT_TRUE(by);
    for (const auto& name : names_of(*by)) ++taken[name];
  }
  // The claims of an address and a system id look as a family does: whose they are.
  const std::map<std::string, int> expected{{"user", 1},   {"session", 1}, {"attempts", 1},   {"apikey", 2},
                                            {"family", 3}, {"mail", 1},    {"rate_bucket", 1}};
  EXPECT_EQ(taken, expected);
}

TEST(damaged_records, are_refused_wherever_they_end) {
  for (const auto& bytes : sound_records()) {
    const auto whole = decode_exactly(bytes);
    ASSERT_TRUE(whole);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto part = decode_exactly(bytes.substr(0, size));
      ASSERT_TRUE(part);
      for (const auto& name : names_of(*part)) EXPECT_FALSE(names_of(*whole).contains(name)) << name << size;
    }
  }
}

TEST(damaged_records, never_mislead_a_decoder) {
  const auto sound = sound_records();
  mutator chance;
  for (int i = 0; i < 100'000; ++i) {
    const auto bytes = chance.mutate(sound[chance.below(sound.size())]);
    ASSERT_TRUE(decode_exactly(bytes)) << "input " << i;
  }
}

}  // namespace
}  // namespace authnz::storage
