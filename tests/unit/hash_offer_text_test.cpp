#include "actors/hash_offer_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "actors/sealing.hpp"
#include "storage/codec.hpp"

namespace authnz::actors {
namespace {

constexpr argon2_params cheap{64, 1, 1};
constexpr argon2_params dear{128, 1, 1};

proto::keyring_ptr keys(char letter) { return proto::keyring::parse(std::string(42, letter) + "A=").value(); }

hash_job checking(std::string phc) {
  hash_job job;
  job.password = proto::secret("correct horse");
  job.phc = std::move(phc);
  job.params = cheap;
  return job;
}

std::string hash_with(const argon2_params& params) {
  return password_hasher().make("correct horse", std::array<unsigned char, 16>{}, params);
}

TEST(a_hash_offer, is_read_as_it_was_made) {
  const auto number = new_offer_number();
  const auto sealed = seal_offer(checking("$argon2id$..."), number, keys('A'));
  ASSERT_TRUE(sealed);
  const auto read = open_offer(*sealed, keys('A'));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->number, number);
  EXPECT_EQ(read->job->what, hash_job::kind::verify);
  EXPECT_EQ(read->job->password.reveal(), "correct horse");
  EXPECT_EQ(read->job->phc, "$argon2id$...");
  EXPECT_EQ(read->job->params, cheap);
}

TEST(a_hash_offer, shows_nobody_the_password) {
  const auto sealed = seal_offer(checking(""), new_offer_number(), keys('A'));
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->find("correct"), std::string::npos);
  EXPECT_FALSE(open_offer(*sealed, keys('B')));
}

TEST(a_hash_offer, is_read_with_an_older_key_too) {
  const auto sealed = seal_offer(checking(""), new_offer_number(), keys('A'));
  const auto both = proto::keyring::parse(std::string(42, 'B') + "A=," + std::string(42, 'A') + "A=").value();
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(open_offer(*sealed, both));
}

TEST(a_hash_offer, is_refused_when_it_is_cut_short_or_of_another_kind) {
  const auto number = new_offer_number();
  storage::record_writer cut(0x81);
  cut.bytes(std::string(16, 'n')).u8(0).bytes("").u32(64).u32(1).u32(1);
  EXPECT_FALSE(open_offer(*seal(proto::secret(cut.take()), keys('A')), keys('A')));
  storage::record_writer unknown_kind(0x81);
  unknown_kind.bytes(std::string(16, 'n')).u8(2).bytes("").u32(64).u32(1).u32(1).bytes("password");
  EXPECT_FALSE(open_offer(*seal(proto::secret(unknown_kind.take()), keys('A')), keys('A')));
  storage::record_writer short_number(0x81);
  short_number.bytes("n").u8(0).bytes("").u32(64).u32(1).u32(1).bytes("password");
  EXPECT_FALSE(open_offer(*seal(proto::secret(short_number.take()), keys('A')), keys('A')));
  EXPECT_FALSE(open_offer(*seal_answer({offer_outcome::matched, {}}, number, keys('A')), keys('A')));
  EXPECT_FALSE(open_offer("", keys('A')));
}

TEST(an_answer_to_a_hash_offer, is_read_as_it_was_made) {
  const auto number = new_offer_number();
  const auto sealed = seal_answer({offer_outcome::made, "a hash"}, number, keys('A'));
  ASSERT_TRUE(sealed);
  const auto read = open_answer(*sealed, number, keys('A'));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->outcome, offer_outcome::made);
  EXPECT_EQ(read->phc, "a hash");
}

TEST(an_answer_to_a_hash_offer, answers_no_other_offer) {
  const auto sealed = seal_answer({offer_outcome::matched, {}}, new_offer_number(), keys('A'));
  ASSERT_TRUE(sealed);
  EXPECT_FALSE(open_answer(*sealed, new_offer_number(), keys('A')));
}

TEST(an_answer_to_a_hash_offer, needs_the_shared_key) {
  const auto number = new_offer_number();
  const auto forged = seal_answer({offer_outcome::matched, {}}, number, keys('B'));
  ASSERT_TRUE(forged);
  EXPECT_FALSE(open_answer(*forged, number, keys('A')));
  EXPECT_FALSE(open_answer("matched", number, keys('A')));
}

TEST(an_answer_to_a_hash_offer, is_refused_with_an_outcome_that_is_none) {
  storage::record_writer out(0x82);
  out.bytes(std::string(16, '\0')).u8(static_cast<std::uint8_t>(offer_outcome::count_)).bytes("");
  EXPECT_FALSE(open_answer(*seal(proto::secret(out.take()), keys('A')), {}, keys('A')));
}

TEST(a_computation, costs_as_usual_only_with_the_usual_parameters) {
  EXPECT_TRUE(costs_as_usual(checking(hash_with(cheap)), cheap));
  EXPECT_FALSE(costs_as_usual(checking(hash_with(cheap)), dear)) << "the dummy that it stands for costs otherwise";
  EXPECT_FALSE(costs_as_usual(checking(hash_with(dear)), cheap));
  EXPECT_TRUE(costs_as_usual(checking(""), cheap)) << "a dummy";
  EXPECT_TRUE(costs_as_usual(checking("$2b$12$bcrypt"), cheap)) << "a dummy";
}

}  // namespace
}  // namespace authnz::actors
