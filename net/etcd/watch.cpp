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

milliseconds until(clock::time_point end) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(end - clock::now()));
}

}  // namespace

struct watch::state {
  state(const options& o, std::string k, std::string e, std::uint64_t from, std::size_t first)
      : key(std::move(k)),
        end(std::move(e)),
        from_revision(from),
        calls(o),
        stream(o),
        member(first % calls.members()) {}

  std::string key;
  std::string end;
  std::uint64_t from_revision;
  caller calls;  ///< for tokens
  transfer stream;
  std::size_t member;
  std::size_t tried = 0;
  clock::time_point connected_by{};
  bool begun = false;
  watch_pieces pieces;
  std::string refusal;  ///< the body of an answer that is no stream

  tl::expected<void, failure> begin();
  failure failed();
  /// Whether it may go on with another member.
  bool go_to_next(const failure& why);
  tl::expected<bool, failure> go_on(clock::time_point by);
};

tl::expected<void, failure> watch::state::begin() {
  pieces = {};
  refusal.clear();
  std::string token;
  if (!calls.settings().user.empty()) {
    auto given = calls.new_token(member);
    if (!given) return tl::unexpected(given.error());
    token = std::move(*given);
  }
  stream.begin({.url = calls.endpoint(member) + "/v3/watch",
                .body = watch_request(key, end, from_revision),
                .token = std::move(token),
                .repeatable = true,
                .needs_leader = true},
               [this](std::string_view piece) {
                 constexpr std::size_t shown = 4096;
                 if (refusal.size() < shown) refusal += piece.substr(0, shown - refusal.size());
                 return pieces.take(piece);
               });
  connected_by = clock::now() + calls.settings().request_time;
  begun = true;
  return {};
}

failure watch::state::failed() {
  auto ended = stream.end();
  const std::string from = "etcd at " + calls.endpoint(member) + ": ";
  if (ended.status != 0 && ended.status != 200)
    return ended.complete = true, judge(ended, refusal, calls.endpoint(member), false);
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
  if (pieces.created() || stream.stopped() || ++tried >= calls.members()) return false;
  if (why.what != kind::not_sent && why.what != kind::unknown) return false;
  stream.abandon();
  member = (member + 1) % calls.members();
  begun = false;
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
    const bool is_late = !pieces.created() && clock::now() >= connected_by;
    if (is_late || stream.turn(until(pieces.created() ? by : std::min(by, connected_by)))) {
      if (pieces.has_events()) return true;
      const failure why =
          is_late ? failure{kind::not_sent, "etcd at " + calls.endpoint(member) + ": it does not begin a watch in time"}
                  : failed();
      if (!go_to_next(why)) return tl::unexpected(why);
      continue;
    }
    if (pieces.has_events()) return true;
    if (clock::now() >= by) return false;
  }
}

watch::watch(const options& o, std::string key, std::string end, std::uint64_t from_revision, std::size_t first)
    : state_(std::make_unique<state>(o, std::move(key), std::move(end), from_revision, first)) {}
watch::~watch() = default;

outcome<std::vector<event>> watch::next(milliseconds longest) {
  if (state_->pieces.has_events()) return state_->pieces.take_events();
  const auto some = state_->go_on(clock::now() + longest);
  if (!some) return tl::unexpected(some.error());
  if (!*some) return std::vector<event>();
  return state_->pieces.take_events();
}

void watch::stop() noexcept {
  state_->calls.stop();
  state_->stream.stop();
}

}  // namespace authnz::net::etcd
