/// Hands bytes to every decoder of records, for fuzzing and for the tests that
/// mutate records.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/attempts_store.hpp"
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

/// Which decoders took the bytes; nothing if one of them broke its word: what
/// it takes must be written again as the same bytes, and what it does not take
/// must leave a fault.
struct decoded {
  bool user = false;
  bool session = false;
  bool attempts = false;
};

inline std::optional<decoded> decode_record(std::string_view bytes) {
  decoded by;
  mini_transaction tx;

  const one_record_view users(bytes);
  if (const auto u = find_user(users, 7)) {
    by.user = true;
    add_user(tx, *u);
    if (tx.writes.front().value != bytes) return std::nullopt;
  } else if (!users.fault() && bytes.size() != 2) {
    // Two bytes are the mark of a deleted user.
    return std::nullopt;
  }
  (void)find_user_by_email(users, "user@example.org");
  (void)user_id_of_system_id(users, "system");
  (void)next_user_id(users);

  const one_record_view sessions(bytes);
  if (const auto s = find_session(sessions, "key")) {
    by.session = true;
    tx = {};
    add_session(tx, *s);
    if (tx.writes.front().value != bytes) return std::nullopt;
  } else if (!sessions.fault()) {
    return std::nullopt;
  }

  const one_record_view counters(bytes);
  if (const auto a = find_attempts(counters, "user@example.org")) {
    by.attempts = true;
    tx = {};
    put_attempts(tx, "user@example.org", std::nullopt, *a);
    if (tx.writes.front().value != bytes) return std::nullopt;
  } else if (!counters.fault()) {
    return std::nullopt;
  }
  return by;
}

}  // namespace authnz::storage
