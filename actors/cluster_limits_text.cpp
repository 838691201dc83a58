#include "actors/cluster_limits_text.hpp"

#include <algorithm>

#include "proto/token.hpp"
#include "storage/codec.hpp"

namespace authnz::actors {

namespace {

using storage::record_reader;
using storage::record_writer;

constexpr std::uint8_t questions_version = 1;
constexpr std::uint8_t verdicts_version = 1;
constexpr std::uint8_t handed_version = 1;
constexpr std::int64_t step = 60'000'000;

enum class verdict_mark : std::uint8_t { not_understood, allowed, refused, refused_noteworthy, count_ };

std::string_view text_of(const rate_hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }

bool read_hash(record_reader& in, rate_hash& into) {
  const auto bytes = in.bytes();
  if (bytes.size() != into.size()) return false;
  std::ranges::copy(bytes, into.begin());
  return true;
}

bool read_place(record_reader& in, rate_place& into) {
  const auto kind = in.u8();
  if (kind > static_cast<std::uint8_t>(rate_subject::kind::mail_address)) return false;
  into.what = static_cast<rate_subject::kind>(kind);
  return read_hash(in, into.own) && read_hash(in, into.shared);
}

/// Buckets are taken from once for a request.
bool are_apart(const rate_place& a, const rate_place& b) {
  return a.what != b.what && a.own != b.own && a.shared != b.shared;
}

bool read_question(record_reader& in, rate_question& into) {
  const auto kind = in.u8();
  if (kind > static_cast<std::uint8_t>(rate_question::kind::give_back)) return false;
  into.what = static_cast<rate_question::kind>(kind);
  into.row = proto::find_request(in.bytes());
  into.count = in.u8();
  if (into.count < 1 || into.count > into.places.size()) return false;
  const auto places = std::span(into.places).first(into.count);
  return std::ranges::all_of(places, [&](rate_place& p) { return read_place(in, p); }) &&
         (places.size() == 1 || are_apart(places[0], places[1]));
}

bool read_verdict(record_reader& in, std::optional<rate_verdict>& into) {
  const auto mark = in.u8();
  const auto seconds = in.u32();
  if (mark >= static_cast<std::uint8_t>(verdict_mark::count_)) return false;
  const auto what = static_cast<verdict_mark>(mark);
  const bool refused = what == verdict_mark::refused || what == verdict_mark::refused_noteworthy;
  if (refused != (seconds > 0)) return false;
  if (what != verdict_mark::not_understood)
    into = rate_verdict{.retry_after = seconds, .noteworthy = what == verdict_mark::refused_noteworthy};
  return true;
}

/// `known` tells whether this build knows the request.
bool read_handed(record_reader& in, rate_handed& into, bool& known) {
  const auto* const row = proto::find_request(in.bytes());
  known = row != nullptr;
  if (known) into.request = row->id;
  if (!read_hash(in, into.key)) return false;
  into.left = in.u32();
  into.age = in.i64();
  return into.age >= 0 && into.age < step;
}

/// Reads all parts with `read`, which returns whether its part was well.
template <class F>
bool read_all(record_reader& in, F&& read) {
  const auto count = in.u32();
  if (count > most_in_a_text) return false;
  for (std::uint32_t i = 0; i < count; ++i)
    if (!read()) return false;
  return in.finished();
}

}  // namespace

rate_buckets::hash_key limits_secret(std::string_view cluster_id) {
  const auto digest = proto::sha256("rate limits of " + std::string(cluster_id));
  rate_buckets::hash_key out{};
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

std::string pack_questions(std::span<const rate_question> questions) {
  record_writer out(questions_version);
  out.u32(static_cast<std::uint32_t>(questions.size()));
  for (const auto& q : questions) {
    out.u8(static_cast<std::uint8_t>(q.what)).bytes(q.row != nullptr ? q.row->name : std::string_view());
    out.u8(static_cast<std::uint8_t>(q.count));
    for (const auto& p : q.all())
      out.u8(static_cast<std::uint8_t>(p.what)).bytes(text_of(p.own)).bytes(text_of(p.shared));
  }
  return out.take();
}

std::optional<std::vector<rate_question>> unpack_questions(std::string_view text) {
  record_reader in(text, questions_version);
  std::vector<rate_question> all;
  if (!read_all(in, [&] { return read_question(in, all.emplace_back()); })) return std::nullopt;
  return all;
}

std::string pack_verdicts(std::span<const std::optional<rate_verdict>> verdicts) {
  record_writer out(verdicts_version);
  out.u32(static_cast<std::uint32_t>(verdicts.size()));
  for (const auto& v : verdicts) {
    const auto mark = !v              ? verdict_mark::not_understood
                      : v->allowed()  ? verdict_mark::allowed
                      : v->noteworthy ? verdict_mark::refused_noteworthy
                                      : verdict_mark::refused;
    out.u8(static_cast<std::uint8_t>(mark)).u32(v ? v->retry_after : 0);
  }
  return out.take();
}

std::optional<std::vector<std::optional<rate_verdict>>> unpack_verdicts(std::string_view text) {
  record_reader in(text, verdicts_version);
  std::vector<std::optional<rate_verdict>> all;
  if (!read_all(in, [&] { return read_verdict(in, all.emplace_back()); })) return std::nullopt;
  return all;
}

std::string pack_handed(std::span<const rate_handed> buckets) {
  record_writer out(handed_version);
  out.u32(static_cast<std::uint32_t>(buckets.size()));
  for (const auto& b : buckets) out.bytes(proto::row(b.request).name).bytes(text_of(b.key)).u32(b.left).i64(b.age);
  return out.take();
}

std::optional<std::vector<rate_handed>> unpack_handed(std::string_view text) {
  record_reader in(text, handed_version);
  std::vector<rate_handed> all;
  const auto read = [&] {
    rate_handed one;
    bool known = false;
    if (!read_handed(in, one, known)) return false;
    if (known) all.push_back(one);
    return true;
  };
  if (!read_all(in, read)) return std::nullopt;
  return all;
}

}  // namespace authnz::actors
