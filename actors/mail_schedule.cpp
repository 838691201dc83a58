#include "actors/mail_schedule.hpp"

#include <algorithm>

namespace authnz::actors {
namespace {

void put_sent_time_back(storage::mini_transaction& tx, const storage::view& store, const storage::outbox_entry& e) {
  const auto user = storage::find_user(store, e.user_id);
  if (!user || e.kind >= static_cast<std::uint8_t>(mail_kind::count_)) return;
  auto after = *user;
  auto& sent = sent_time(after, static_cast<mail_kind>(e.kind));
  if (sent != e.created) return;
  sent = e.sent_before;
  storage::replace_user(tx, *user, after);
}

}  // namespace

std::chrono::seconds retry_delay(std::uint32_t tries, std::chrono::seconds first) {
  constexpr std::uint32_t most_doublings = 12;
  const auto doublings = std::min(std::max(tries, 1U) - 1, most_doublings);
  return std::min(first * (1U << doublings), std::chrono::seconds(longest_retry_delay));
}

bool has_outlived_its_use(const storage::outbox_entry& e, proto::timestamp now) {
  return now >= e.created + message_life;
}

std::optional<proto::timestamp>& sent_time(storage::user& u, mail_kind kind) {
  return kind == mail_kind::signup ? u.emailverify_sent : u.emailforgotpass_sent;
}

void record_attempt(storage::mini_transaction& tx, const storage::view& store, const storage::outbox_entry& e,
                    const ended_attempt& attempt) {
  if (attempt.result == delivery::deferred && !has_outlived_its_use(e, attempt.now)) {
    auto after = e;
    ++after.tries;
    after.next_try = std::min<proto::timestamp>(attempt.now + retry_delay(after.tries, attempt.first_delay),
                                                e.created + message_life);
    return storage::replace_mail(tx, e, after);
  }
  storage::remove_mail(tx, e);
  if (attempt.result == delivery::refused && e.tries == 0) put_sent_time_back(tx, store, e);
}

}  // namespace authnz::actors
