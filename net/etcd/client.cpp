#include "net/etcd/client.hpp"

#include <utility>

#include "net/etcd/caller.hpp"

namespace authnz::net::etcd {
namespace {

using kind = failure::kind;

failure no_answer(kind what) { return {what, "what etcd answers is not what was asked for"}; }

}  // namespace

operation operation::put(std::string key, std::string value, std::int64_t lease) {
  return {.what = kind::put, .key = std::move(key), .value = std::move(value), .lease = lease};
}

operation operation::erase(std::string key, std::string end) {
  return {.what = kind::erase, .key = std::move(key), .range = {.end = std::move(end)}};
}

operation operation::get(std::string key, range_options options) {
  return {.what = kind::range, .key = std::move(key), .range = std::move(options)};
}

operation operation::nested(transaction t) {
  return {.what = kind::nested, .inner = std::make_shared<transaction>(std::move(t))};
}

struct client::state {
  explicit state(options o) : calls(std::move(o)) {}
  caller calls;
};

client::client(options o) : state_(std::make_unique<state>(std::move(o))) {}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

outcome<range_answer> client::range(const std::string& key, const range_options& how) {
  const auto answer = state_->calls.read("/v3/kv/range", range_request(key, how));
  if (!answer) return tl::unexpected(answer.error());
  range_answer range;
  if (!read_range(*answer, range)) return tl::unexpected(no_answer(kind::not_sent));
  return range;
}

outcome<transaction_answer> client::commit(const transaction& t) {
  const auto answer = state_->calls.write("/v3/kv/txn", transaction_request(t));
  if (!answer) return tl::unexpected(answer.error());
  transaction_answer done;
  if (!read_transaction(*answer, t, done)) return tl::unexpected(no_answer(kind::unknown));
  return done;
}

outcome<std::uint64_t> client::put(const std::string& key, const std::string& value, std::int64_t lease) {
  const auto answer = state_->calls.write("/v3/kv/put", put_request(key, value, lease));
  if (!answer) return tl::unexpected(answer.error());
  const auto revision = header_revision(*answer);
  if (revision == 0) return tl::unexpected(no_answer(kind::unknown));
  return revision;
}

outcome<std::int64_t> client::grant_lease(std::chrono::seconds ttl) {
  const auto answer = state_->calls.write("/v3/lease/grant", json{{"TTL", std::to_string(ttl.count())}}.dump());
  if (!answer) return tl::unexpected(answer.error());
  const auto id = signed_number_of(*answer, "ID");
  if (!id || *id == 0) return tl::unexpected(no_answer(kind::unknown));
  return *id;
}

outcome<std::chrono::seconds> client::keep_lease(std::int64_t id) {
  // To keep it twice does no harm.
  const auto answer = state_->calls.read("/v3/lease/keepalive", json{{"ID", std::to_string(id)}}.dump());
  if (!answer) return tl::unexpected(answer.error());
  const json* const result = member_of(*answer, "result");
  const auto ttl = result == nullptr ? std::nullopt : signed_number_of(*result, "TTL");
  if (!ttl) return tl::unexpected(no_answer(kind::not_sent));
  return std::chrono::seconds(*ttl);
}

outcome<void> client::revoke_lease(std::int64_t id) {
  const auto answer = state_->calls.write("/v3/lease/revoke", json{{"ID", std::to_string(id)}}.dump());
  const bool is_gone = !answer && answer.error().text.find("lease not found") != std::string::npos;
  if (!answer && !is_gone) return tl::unexpected(answer.error());
  return {};
}

outcome<void> client::compact(std::uint64_t revision) {
  const auto answer = state_->calls.write("/v3/kv/compaction", json{{"revision", std::to_string(revision)}}.dump());
  // Somebody was quicker.
  if (!answer && answer.error().what != kind::compacted) return tl::unexpected(answer.error());
  return {};
}

void client::stop() noexcept { state_->calls.stop(); }

namespace {

void read_status(const json& answer, member_status& into) {
  const json* const header = member_of(answer, "header");
  const auto leader = number_of(answer, "leader").value_or(0);
  const auto own = header == nullptr ? 0 : number_of(*header, "member_id").value_or(0);
  into.version = one_line(text_of(answer, "version"));
  into.has_leader = leader != 0;
  into.leads = leader != 0 && leader == own;
  into.revision = header_revision(answer);
  into.bytes = number_of(answer, "dbSize").value_or(0);
  into.bytes_in_use = number_of(answer, "dbSizeInUse").value_or(0);
}

void read_alarms(const json& answer, std::uint64_t member, member_status& into) {
  const json* const alarms = member_of(answer, "alarms");
  if (alarms == nullptr || !alarms->is_array()) return;
  for (const json& alarm : *alarms)
    if (number_of(alarm, "memberID") == member) into.alarms.push_back(one_line(text_of(alarm, "alarm")));
}

void read_name(const json& answer, std::uint64_t member, member_status& into) {
  const json* const members = member_of(answer, "members");
  if (members == nullptr || !members->is_array()) return;
  for (const json& one : *members)
    if (number_of(one, "ID") == member) into.name = one_line(text_of(one, "name"));
}

member_status ask_status(caller& calls, std::size_t member) {
  member_status s;
  s.endpoint = calls.endpoint(member);
  const auto begin = std::chrono::steady_clock::now();
  const auto status = calls.ask(member, "/v3/maintenance/status", "{}", true);
  s.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  if (!status) return s.why = status.error().text, s;
  s.answers = true;
  read_status(*status, s);
  const json* const header = member_of(*status, "header");
  const auto id = header == nullptr ? 0 : number_of(*header, "member_id").value_or(0);
  if (const auto names = calls.ask(member, "/v3/cluster/member/list", "{}", true)) read_name(*names, id, s);
  if (!s.has_leader) return s;
  if (const auto alarms = calls.ask(member, "/v3/maintenance/alarm", R"({"action":"GET"})", true))
    read_alarms(*alarms, id, s);
  return s;
}

}  // namespace

std::vector<member_status> client::status() {
  std::vector<member_status> all;
  for (std::size_t member = 0; member < state_->calls.members(); ++member)
    all.push_back(ask_status(state_->calls, member));
  return all;
}

}  // namespace authnz::net::etcd
