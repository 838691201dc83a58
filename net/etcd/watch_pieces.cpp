#include "net/etcd/watch_pieces.hpp"

#include <iterator>
#include <utility>

#include "net/etcd/caller.hpp"

namespace authnz::net::etcd {

using kind = failure::kind;

bool watch_pieces::fail(kind what, std::string text, std::uint64_t compacted) {
  trouble_ = {what, std::move(text), compacted};
  return false;
}

bool watch_pieces::take(std::string_view piece) {
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    if (end > longest_answer - line_.size()) return fail(kind::too_large, "a line of its events is too long");
    line_ += piece.substr(0, end);
    piece.remove_prefix(end + 1);
    const std::string line = std::exchange(line_, {});
    if (!take_line(line)) return false;
  }
  if (piece.size() > longest_answer - line_.size()) return fail(kind::too_large, "a line of its events is too long");
  line_ += piece;
  return true;
}

bool watch_pieces::take_line(std::string_view line) {
  if (line.empty()) return true;
  const json answer = json::parse(line, nullptr, false);
  if (const json* const error = member_of(answer, "error"))
    return fail(kind::unknown, "it ended the watch: " + one_line(text_of(*error, "message")));
  const json* const result = member_of(answer, "result");
  if (result == nullptr) return fail(kind::unknown, "what it sends is no event");
  if (const auto oldest = number_of(*result, "compact_revision").value_or(0); oldest != 0)
    return fail(kind::compacted, "the revision to watch from has been compacted", oldest);
  if (truth_of(*result, "canceled")) {
    const std::string why = one_line(text_of(*result, "cancel_reason"));
    const bool is_denied = why.find("permission denied") != std::string::npos;
    return fail(is_denied ? kind::refused : kind::unknown, "it ended the watch: " + why);
  }
  created_ = created_ || truth_of(*result, "created");
  const json* const events = member_of(*result, "events");
  if (events == nullptr || !events->is_array()) return true;
  for (const json& one : *events) {
    event e;
    if (!read_event(one, e) || (!events_.empty() && e.revision < events_.back().revision))
      return fail(kind::unknown, "what it sends is no event");
    events_.push_back(std::move(e));
  }
  // The last revision may go on in the next fragment.
  std::size_t whole = events_.size();
  if (truth_of(*result, "fragment"))
    while (whole > 0 && events_[whole - 1].revision == events_.back().revision) --whole;
  whole_ = whole;
  return true;
}

std::vector<event> watch_pieces::take_events() {
  const auto end = events_.begin() + static_cast<std::ptrdiff_t>(whole_);
  std::vector<event> taken(std::make_move_iterator(events_.begin()), std::make_move_iterator(end));
  events_.erase(events_.begin(), end);
  whole_ = 0;
  return taken;
}

}  // namespace authnz::net::etcd
