/// Hands bytes to every decoder of records, for fuzzing and for the tests that
/// mutate records.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/apikey_store.hpp"
#include "storage/attempts_store.hpp"
#include "storage/outbox_store.hpp"
#include "storage/ratelimit_store.hpp"
#include "storage/session_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::storage {

/// A store in which every key holds the same bytes.
class one_record_view final : public view {
 public:
  explicit one_record_view(std::string_view value) : value_(value) {}

  std::optional<record> get(slice, std::string_view) const override { return record{1, value_}; }
  void scan(slice, std::string_view from, const visitor& visit) const override {
    visit(from.empty() ? std::string_view("a key") : from, record{1, value_});
  }
  std::optional<std::string> last_key(slice) const override { return std::string(value_.substr(0, 8)); }

 private:
  std::string_view value_;
};

/// Which decoders took the bytes.
struct decoded {
  bool user = false;
  bool session = false;
  bool attempts = false;
  bool apikey = false;
  bool family = false;
  bool mail = false;
  bool rate_bucket = false;
};

/// Whether a decoder keeps its word: what it takes must be written again as
/// the same bytes, and what it does not take must leave a fault.
template <class Find, class Add>
bool keeps_its_word(std::string_view bytes, bool& took, Find find, Add add) {
  const one_record_view v(bytes);
  const auto found = find(v);
  took = found.has_value();
  if (!took) return v.fault();
  mini_transaction tx;
  add(tx, *found);
  return tx.writes.front().value == bytes;
}

inline bool user_decoders_keep_their_word(std::string_view bytes, bool& took) {
  const one_record_view v(bytes);
  (void)find_user_by_email(v, "user@example.org");
  (void)user_id_of_system_id(v, "system");
  (void)next_user_id(v);
  const one_record_view users(bytes);
  const bool deleted = bytes.size() == 2 && !find_user(users, 7) && !users.fault();
  return deleted || keeps_its_word(
                        bytes, took, [](const view& u) { return find_user(u, 7); }, add_user);
}

inline std::optional<rate_bucket> first_rate_bucket(const view& v) {
  std::optional<rate_bucket> first;
  for_each_rate_bucket(v, [&](const rate_bucket& b) {
    first = b;
    return false;
  });
  return first;
}

/// Nothing if one of the decoders broke its word.
inline std::optional<decoded> decode_record(std::string_view bytes) {
  decoded by;
  bool kept = user_decoders_keep_their_word(bytes, by.user);
  kept &= keeps_its_word(
      bytes, by.session, [](const view& v) { return find_session(v, "key"); }, add_session);
  kept &= keeps_its_word(
      bytes, by.attempts, [](const view& v) { return find_attempts(v, "user@example.org"); },
      [](mini_transaction& tx, const attempts& a) { put_attempts(tx, "user@example.org", std::nullopt, a); });
  kept &= keeps_its_word(
      bytes, by.apikey, [](const view& v) { return find_apikey(v, "key"); }, add_apikey);
  kept &= keeps_its_word(
      bytes, by.family, [](const view& v) { return find_family(v, "key"); }, add_family);
  kept &= keeps_its_word(
      bytes, by.mail, [](const view& v) { return find_mail(v, "key"); }, add_mail);
  kept &= keeps_its_word(bytes, by.rate_bucket, first_rate_bucket, put_rate_bucket);
  if (!kept) return std::nullopt;
  return by;
}

}  // namespace authnz::storage
