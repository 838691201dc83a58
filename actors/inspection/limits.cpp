#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "actors/client_address.hpp"
#include "actors/inspection/answers.hpp"
#include "actors/inspection/persons.hpp"
#include "actors/limits_job.hpp"
#include "proto/token.hpp"

namespace authnz::actors::inspection {

namespace {

using nlohmann::ordered_json;

constexpr auto scopes = std::to_array<std::string_view>({"own", "network", "all-clients", "all-addresses"});
static_assert(scopes.size() == static_cast<std::size_t>(storage::rate_scope::count_));

constexpr std::size_t records_a_change = 1000;

/// Whose buckets: of `client`, and of `email` or the user `user_id`.
argument<std::vector<limits_job::subject>> subjects_of(const inspection_parts& p, const json& arguments) {
  std::vector<limits_job::subject> out;
  const auto client = text(arguments, "client");
  const auto email = text(arguments, "email");
  const auto user_id = number(arguments, "user_id", 1, INT64_MAX);
  if (!client) return tl::unexpected(client.error());
  if (!email) return tl::unexpected(email.error());
  if (!user_id) return tl::unexpected(user_id.error());
  if (*client) out.push_back({rate_subject::kind::client, rate_key_address(**client)});
  // What is limited is the address, be it a user's or not.
  if (*email) out.push_back({rate_subject::kind::mail_address, rules::normalise_address(**email)});
  if (*user_id) {
    const auto user = storage::find_user(*p.store.read(), **user_id);
    if (!user) return not_found("there is no user " + std::to_string(**user_id));
    out.push_back({rate_subject::kind::mail_address, user->email});
  }
  return out;
}

ordered_json census_of(const limits_answer& a) {
  ordered_json list = ordered_json::array();
  for (const auto& row : proto::request_table) {
    const auto at = static_cast<std::size_t>(row.id);
    const auto& counts = a.census.of[at];
    if (counts.not_full == 0) continue;
    list.push_back({{"request", row.name},
                    {"not_full", counts.not_full},
                    {"empty", counts.empty},
                    {"per_minute", a.allowances[at].per_minute},
                    {"capacity", a.allowances[at].capacity}});
  }
  return list;
}

ordered_json standing_of(const limits_answer& a) {
  ordered_json list = ordered_json::array();
  for (const auto& [what, b] : a.standing)
    list.push_back({{"request", proto::row(b.request).name},
                    {"of", what == rate_subject::kind::client ? "client" : "email"},
                    {"counted_with", scopes[static_cast<std::size_t>(b.scope)]},
                    {"left", b.left},
                    {"per_minute", b.limit.per_minute},
                    {"capacity", b.limit.capacity},
                    {"seconds", b.seconds}});
  return list;
}

/// Has the rate limiter do it, and goes on with its answer here.
void serve(const inspection_desk& desk, limits_job::kind what, std::vector<limits_job::subject> subjects,
           std::shared_ptr<rate_buckets> fresh, std::function<void(const limits_answer&)> then) {
  auto job = std::make_shared<limits_job>();
  job->what = what;
  job->subjects = std::move(subjects);
  job->fresh = std::move(fresh);
  job->done = [home = desk.way_home(), then = std::move(then)](limits_answer&& answer) {
    home([then, answer = std::make_shared<limits_answer>(std::move(answer))] { then(*answer); });
  };
  // Without a rate limiter the job ends here.
  if (const auto limiter = desk.parts().routes.current()->ratelimit) caf::anon_send(limiter, std::move(job));
}

inspected unavailable() {
  return tl::unexpected(inspection_error{"unavailable", "the rate limiter is being restarted; try again"});
}

std::shared_ptr<rate_buckets> new_buckets(const rate_limits& limits) {
  rate_buckets::hash_key secret{};
  proto::random_bytes(secret);
  auto out = std::make_shared<rate_buckets>(limits, secret);
  if (limits.enabled) out->note_changes();
  return out;
}

/// Has the records of buckets that are no more removed. If that fails they are
/// read again at the next start, under keys that are nobody's.
void forget_records(const route_table& routes, const std::vector<std::string>& keys) {
  const auto journal = routes.current()->journal;
  for (std::size_t at = 0; at < keys.size() && journal; at += records_a_change) {
    auto job = std::make_shared<commit_job>();
    for (const auto& key : std::span(keys).subspan(at, std::min(records_a_change, keys.size() - at)))
      storage::remove_rate_bucket(job->tx, key);
    caf::anon_send(journal, std::move(job));
  }
}

void fill_all(inspection_desk& desk, answer_to done) {
  const auto& p = desk.parts();
  serve(desk, limits_job::kind::fill_all, {}, new_buckets(p.settings->rates),
        [&p, done = std::move(done)](const limits_answer& a) {
          if (!a.served) return done(unavailable());
          forget_records(p.routes, a.before->stored_keys());
          done(ordered_json{{"cleared", a.filled}, {"enabled", a.enabled}});
        });
}

}  // namespace

void limits(inspection_desk& desk, const json& arguments, answer_to done) {
  auto subjects = subjects_of(desk.parts(), arguments);
  if (!subjects) return done(tl::unexpected(subjects.error()));
  const auto what = subjects->empty() ? limits_job::kind::census : limits_job::kind::standing;
  const auto& p = desk.parts();
  serve(desk, what, std::move(*subjects), {}, [&p, what, done = std::move(done)](const limits_answer& a) {
    if (!a.served) return done(unavailable());
    ordered_json out{{"node", p.node_name}, {"enabled", a.enabled}, {"buckets", a.held}};
    what == limits_job::kind::census ? out["requests"] = census_of(a) : out["limits"] = standing_of(a);
    done(std::move(out));
  });
}

void limits_clear(inspection_desk& desk, const json& arguments, answer_to done) {
  auto subjects = subjects_of(desk.parts(), arguments);
  if (!subjects) return done(tl::unexpected(subjects.error()));
  if (arguments.value("all", json()) == true) return fill_all(desk, std::move(done));
  if (subjects->empty()) return done(bad_argument("say whose: client, email, user_id, or all"));
  serve(desk, limits_job::kind::fill, std::move(*subjects), {}, [done = std::move(done)](const limits_answer& a) {
    if (!a.served) return done(unavailable());
    done(ordered_json{{"cleared", a.filled}, {"enabled", a.enabled}});
  });
}

}  // namespace authnz::actors::inspection
