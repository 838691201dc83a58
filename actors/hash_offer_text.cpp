#include "actors/hash_offer_text.hpp"

#include <sodium.h>

#include <memory>

#include "actors/sealing.hpp"
#include "storage/codec.hpp"

namespace authnz::actors {

namespace {

// Unlike each other, and unlike the versions of whatever else is sealed with these keys.
constexpr std::uint8_t offer_version = 0x81;
constexpr std::uint8_t answer_version = 0x82;

std::string_view text_of(const offer_number& number) {
  return {reinterpret_cast<const char*>(number.data()), number.size()};
}

}  // namespace

offer_number new_offer_number() {
  offer_number made{};
  randombytes_buf(made.data(), made.size());
  return made;
}

bool costs_as_usual(const hash_job& job, const argon2_params& usual) {
  if (job.params != usual) return false;
  return job.what == hash_job::kind::make || !is_verifiable(job.phc) || !needs_rehash(job.phc, usual);
}

std::optional<std::string> seal_offer(const hash_job& job, const offer_number& number, const proto::keyring_ptr& keys) {
  storage::record_writer out(offer_version);
  out.bytes(text_of(number)).u8(static_cast<std::uint8_t>(job.what)).bytes(job.phc);
  out.u32(job.params.memory_kib).u32(job.params.passes).u32(job.params.lanes);
  // The last, as no buffer that was outgrown is wiped.
  out.bytes(job.password.reveal());
  return seal(proto::secret(out.take()), keys);
}

std::optional<read_offer> open_offer(std::string_view sealed, const proto::keyring_ptr& keys) {
  const auto text = unseal(sealed, keys);
  if (!text) return std::nullopt;
  storage::record_reader in(text->reveal(), offer_version);
  read_offer read{{}, std::make_shared<hash_job>()};
  const auto number = in.bytes();
  const auto what = in.u8();
  read.job->phc = in.bytes();
  read.job->params = {in.u32(), in.u32(), in.u32()};
  read.job->password = proto::secret(std::string(in.bytes()));
  if (!in.finished() || number.size() != read.number.size() || what > static_cast<std::uint8_t>(hash_job::kind::make))
    return std::nullopt;
  number.copy(reinterpret_cast<char*>(read.number.data()), read.number.size());
  read.job->what = static_cast<hash_job::kind>(what);
  return read;
}

std::optional<std::string> seal_answer(const offer_answer& answer, const offer_number& number,
                                       const proto::keyring_ptr& keys) {
  storage::record_writer out(answer_version);
  out.bytes(text_of(number)).u8(static_cast<std::uint8_t>(answer.outcome)).bytes(answer.phc);
  return seal(proto::secret(out.take()), keys);
}

std::optional<offer_answer> open_answer(std::string_view sealed, const offer_number& number,
                                        const proto::keyring_ptr& keys) {
  const auto text = unseal(sealed, keys);
  if (!text) return std::nullopt;
  storage::record_reader in(text->reveal(), answer_version);
  const auto answered = in.bytes();
  const auto outcome = in.u8();
  offer_answer read{.phc = std::string(in.bytes())};
  if (!in.finished() || answered != text_of(number) || outcome >= static_cast<std::uint8_t>(offer_outcome::count_))
    return std::nullopt;
  read.outcome = static_cast<offer_outcome>(outcome);
  return read;
}

}  // namespace authnz::actors
