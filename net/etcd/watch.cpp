#include <algorithm>
#include <utility>

#include "net/etcd/caller.hpp"
#include "net/etcd/client.hpp"
#include "net/etcd/watch_pieces.hpp"

namespace authnz::net::etcd {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = failure::kind;

constexpr milliseconds look_every{50};

milliseconds until(clock::time_point end) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(end - clock::now()));
}

}  // namespace

struct watch::state {
  state(const options& o, std::string k, std::string e, std::uint64_t from, std::size_t skipped)
      : key(std::move(k)), end(std::move(e)), from_revision(from), calls(o), stream(o), order(calls.health().order()) {
    std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(skipped % order.size()), order.end());
  }

  std::string key;
  std::string end;
  std::uint64_t from_revision;
  caller calls;  ///< for tokens
  transfer stream;
  std::vector<std::size_t> order;  ///< of the members that are tried
  std::size_t tried = 0;
  clock::time_point connected_by{};
  member_health::moment since{};  ///< it is at that member
  bool begun = false;
  shared_login::token token;  ///< the stream is begun with it, at that member
  bool is_renewed = false;    ///< it is so new that another is not asked for
  watch_pieces pieces;
  std::string refusal;  ///< the body of an answer that is no stream

  std::size_t member() const { return order[tried]; }
  std::string from_member() const { return "etcd at " + calls.endpoint(member()) + ": "; }
  /// Whether another token may help.
  bool is_token_refused() const;
  bool is_left() const { return begun && calls.health().is_left(member(), since); }
  tl::expected<void, failure> begin();
  failure failed();
  /// Whether it may go on with another member.
  bool go_to_next(const failure& why);
  tl::expected<bool, failure> go_on(clock::time_point by);
};

tl::expected<void, failure> watch::state::begin() {
  pieces = {};
  refusal.clear();
  const auto before = calls.known_token().number;
  auto given = is_renewed ? calls.new_token(member(), token) : calls.token_for(member());
  if (!given) return tl::unexpected(given.error());
  token = std::move(*given);
  is_renewed = is_renewed || token.number != before;
  stream.begin({.url = calls.endpoint(member()) + "/v3/watch",
                .body = watch_request(key, end, from_revision),
                .token = token.text,
                .repeatable = true,
                .needs_leader = true},
               [this](std::string_view piece) {
                 constexpr std::size_t shown = 4096;
                 if (refusal.size() < shown) refusal += piece.substr(0, shown - refusal.size());
                 return pieces.take(piece);
               });
  since = calls.health().now();
  connected_by = since.time + calls.settings().request_time;
  begun = true;
  return {};
}

bool watch::state::is_token_refused() const {
  if (is_renewed || calls.settings().user.empty() || pieces.created()) return false;
  const auto& ended = stream.end();
  if (ended.status != 0 && ended.status != 200) return is_about_identity(refusal);
  // Of a token that it does not know, etcd says no more than that it permits nothing.
  return pieces.trouble().what == kind::refused || is_about_identity(pieces.trouble().text);
}

failure watch::state::failed() {
  auto ended = stream.end();
  const auto from = from_member();
  if (ended.status != 0 && ended.status != 200)
    return ended.complete = true, judge(ended, refusal, calls.endpoint(member()), false);
  if (!pieces.trouble().text.empty()) {
    auto trouble = pieces.trouble();
    trouble.text = from + trouble.text;
    return trouble;
  }
  if (!ended.complete && !ended.error.empty())
    return {pieces.created() ? kind::unknown : kind::not_sent, from + ended.error};
  return {pieces.created() ? kind::unknown : kind::not_sent, from + "it ended the watch"};
}

bool watch::state::go_to_next(const failure& why) {
  if (stream.stopped() || (why.what != kind::not_sent && why.what != kind::unknown)) return false;
  calls.health().silent(member());
  if (pieces.created() || tried + 1 == order.size()) return false;
  stream.abandon();
  ++tried;
  begun = false;
  is_renewed = false;
  return true;
}

// Whether there are events.
tl::expected<bool, failure> watch::state::go_on(clock::time_point by) {
  for (;;) {
    if (!begun)
      if (auto b = begin(); !b) {
        if (!go_to_next(b.error())) return tl::unexpected(b.error());
        continue;
      }
    const bool is_late = !pieces.created() && (clock::now() >= connected_by || is_left());
    if (is_late || stream.turn(until(pieces.created() ? by : std::min(by, clock::now() + look_every)))) {
      if (pieces.has_events()) return true;
      if (!is_late && is_token_refused()) {
        begun = false;
        is_renewed = true;
        continue;
      }
      const failure why =
          is_late ? failure{kind::not_sent, from_member() + "it does not begin a watch in time"} : failed();
      if (!go_to_next(why)) return tl::unexpected(why);
      continue;
    }
    if (pieces.has_events()) return true;
    if (clock::now() >= by) return false;
  }
}

watch::watch(const options& o, std::string key, std::string end, std::uint64_t from_revision, std::size_t skipped)
    : state_(std::make_unique<state>(o, std::move(key), std::move(end), from_revision, skipped)) {}
watch::~watch() = default;

outcome<std::vector<event>> watch::next(milliseconds longest) {
  if (state_->pieces.has_events()) return state_->pieces.take_events();
  const auto some = state_->go_on(clock::now() + longest);
  if (!some) return tl::unexpected(some.error());
  if (!*some) return std::vector<event>();
  return state_->pieces.take_events();
}

bool watch::is_left() const { return state_->is_left(); }

void watch::stop() noexcept {
  state_->calls.stop();
  state_->stream.stop();
}

}  // namespace authnz::net::etcd
