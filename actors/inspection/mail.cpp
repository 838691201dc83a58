#include <algorithm>
#include <array>
#include <utility>

#include "actors/inspection/answers.hpp"
#include "actors/inspection/named.hpp"
#include "actors/mail_schedule.hpp"
#include "proto/time.hpp"
#include "storage/outbox_store.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;
using storage::outbox_entry;

constexpr auto kinds = std::to_array<std::string_view>({"signup", "forgotpass"});
static_assert(kinds.size() == static_cast<std::size_t>(mail_kind::count_));

// Content and route are sealed, and stay so.
ordered_json row_of(const inspection_parts& p, const outbox_entry& e, proto::timestamp now) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - e.created);
  return {{"node", p.node_name},
          {"key", shown_key(e.key)},
          {"user_id", e.user_id},
          {"kind", e.kind < kinds.size() ? kinds[e.kind] : "unknown"},
          {"created", proto::format_time(e.created)},
          {"age_s", std::max<std::int64_t>(age.count(), 0)},
          {"tries", e.tries},
          {"next_try", proto::format_time(e.next_try)},
          {"given_up_at", proto::format_time(e.created + message_life)}};
}

argument<outbox_entry> mail_of(const storage::view& view, const json& arguments) {
  return named<outbox_entry>(arguments, "a message", [&](const std::string& from, const auto& visit) {
    storage::for_each_mail(view, from, visit);
  });
}

}  // namespace

inspected mail_queue(const inspection_parts& p, const json& arguments) {
  const auto from = page_start(arguments);
  const auto limit = page_size(arguments);
  if (!from) return tl::unexpected(from.error());
  if (!limit) return tl::unexpected(limit.error());
  const auto view = p.store.read();
  const auto now = p.time.wall();
  ordered_json list = ordered_json::array();
  ordered_json next;
  storage::for_each_mail(*view, *from, [&](const outbox_entry& e) {
    if (std::cmp_equal(list.size(), *limit)) {
      next = list.back()["key"];
      return false;
    }
    list.push_back(row_of(p, e, now));
    return true;
  });
  if (view->fault()) return tl::unexpected(inspection_error{"storage", "a message cannot be read; see the log"});
  return ordered_json{{"messages", std::move(list)}, {"next_after", std::move(next)}};
}

void mail_retry(inspection_desk& desk, const json& arguments, answer_to done) {
  const auto& p = desk.parts();
  const auto decide = [&p, arguments](const storage::view& view) -> tl::expected<admin_change, inspection_error> {
    const auto found = mail_of(view, arguments);
    if (!found) return tl::unexpected(found.error());
    auto after = *found;
    after.next_try = std::min(after.next_try, p.time.wall());
    admin_change out;
    out.answer = row_of(p, after, p.time.wall());
    if (after.next_try != found->next_try) storage::replace_mail(out.tx, *found, after);
    return out;
  };
  desk.change(decide, [&p, done = std::move(done)](inspected answer) {
    const auto routes = p.routes.current();
    if (answer && !routes->mailers.empty() && routes->mailers[0]) caf::anon_send(routes->mailers[0], flush_atom::value);
    done(std::move(answer));
  });
}

void mail_drop(inspection_desk& desk, const json& arguments, answer_to done) {
  const auto& p = desk.parts();
  const auto decide = [&p, arguments](const storage::view& view) -> tl::expected<admin_change, inspection_error> {
    const auto found = mail_of(view, arguments);
    if (!found) return tl::unexpected(found.error());
    admin_change out;
    out.answer = row_of(p, *found, p.time.wall());
    // As if the mail server had refused it for good.
    record_attempt(out.tx, view, *found, {delivery::refused, p.time.wall(), {}});
    return out;
  };
  desk.change(decide, std::move(done));
}

}  // namespace authnz::actors::inspection
