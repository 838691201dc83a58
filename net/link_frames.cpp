#include "net/link_frames.hpp"

#include <algorithm>
#include <array>
#include <caf/all.hpp>
#include <caf/io/basp/header.hpp>
#include <caf/io/basp/version.hpp>

namespace authnz::net {

namespace {

using caf::io::basp::message_type;

static_assert(caf::io::basp::version == 3, "the form of frames may have changed");
constexpr std::size_t header_size = 32;
static_assert(caf::io::basp::header_size == header_size);

// Handshakes, errors and the like: they nest, and are read by recursion.
constexpr std::uint32_t longest_other = 16U << 10;
// Of what names a node, with which all of those begin. CAF reads it from where nothing is, if nothing comes.
constexpr std::uint32_t node_size = 32;
// More than the list of a message's types takes.
constexpr std::uint32_t most_looked_at = 160;

constexpr auto types = std::to_array<std::string_view>({"@atom", "@u16", "@str", "@actor"});

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = (number << 8) | static_cast<unsigned char>(c);
  return number;
}

// Where things are in a header.
constexpr std::size_t flags_at = 3;
std::uint32_t length_in(std::string_view header) { return static_cast<std::uint32_t>(number_in(header.substr(4, 4))); }
std::uint64_t message_in(std::string_view header) { return number_in(header.substr(8, 8)); }
std::uint64_t receiver_in(std::string_view header) { return number_in(header.substr(24, 8)); }

// CAF asks each node that it comes to know what serves there, and is told so.
constexpr auto server = static_cast<std::uint64_t>(caf::atom("SpawnServ"));
constexpr std::string_view question_of_caf = "@<>+@atom+@atom+@str";
constexpr std::string_view answer_of_caf = "@<>+@atom+@str+@strong_actor_ptr+@str";

/// What a message consists of, such as `@<>+@atom+@str`; empty if it was sent on
/// by others, or is none.
std::string_view types_in(std::string_view payload) {
  // No stages, the number 0 for a type with a name, the name's length.
  constexpr std::string_view before("\0\0\0", 3);
  if (!payload.starts_with(before) || payload.size() == before.size()) return {};
  const auto length = static_cast<unsigned char>(payload[before.size()]);
  const auto text = payload.substr(before.size() + 1);
  return length < 128 && length <= text.size() ? text.substr(0, length) : std::string_view();
}

bool is_known(std::string_view list) {
  constexpr std::string_view begin = "@<>";
  if (!list.starts_with(begin)) return false;
  list.remove_prefix(begin.size());
  while (!list.empty()) {
    if (list.front() != '+') return false;
    const auto one = list.substr(1, list.find('+', 1) - 1);
    if (std::ranges::find(types, one) == types.end()) return false;
    list.remove_prefix(one.size() + 1);
  }
  return true;
}

}  // namespace

bool link_frames::take(std::string_view bytes) {
  const auto look = [&](std::size_t until) {
    const auto size = std::min(bytes.size(), until - start_.size());
    start_.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    return start_.size() == until;
  };
  while (!bytes.empty()) {
    if (start_.size() < header_size && (!look(header_size) || !judge_header())) return start_.size() < header_size;
    const auto whole = header_size + to_look_at_;
    if (start_.size() < whole) {
      if (!look(whole)) return true;
      if (!judge_message()) return false;
    }
    const auto size = std::min<std::size_t>(bytes.size(), rest_);
    bytes.remove_prefix(size);
    rest_ -= static_cast<std::uint32_t>(size);
    if (rest_ == 0) start_.clear();
  }
  return true;
}

bool link_frames::judge_header() {
  const auto length = length_in(start_);
  const auto what = static_cast<message_type>(start_.front());
  const bool is_message = what == message_type::direct_message;
  to_look_at_ = is_message ? std::min(length, most_looked_at) : 0;
  rest_ = length - to_look_at_;
  switch (what) {
    case message_type::direct_message: return length > 0 && length <= bounds_.longest_message;
    case message_type::server_handshake:
    case message_type::client_handshake:
    case message_type::monitor_message:
    case message_type::down_message: return length >= node_size && length <= longest_other;
    case message_type::heartbeat: return length == 0;
    case message_type::routed_message: return false;
  }
  return false;
}

bool link_frames::judge_message() const {
  const auto list = types_in(std::string_view(start_).substr(header_size));
  if (start_[flags_at] != 0)
    return start_[flags_at] == caf::io::basp::header::named_receiver_flag && receiver_in(start_) == server &&
           list == question_of_caf;
  if (list == answer_of_caf) return length_in(start_) <= longest_other;
  if ((message_in(start_) & caf::message_id::response_flag_mask) != 0)
    return list == "@<>+@error" ? length_in(start_) <= longest_other : is_known(list);
  return bounds_.door != 0 && receiver_in(start_) == bounds_.door && is_known(list);
}

}  // namespace authnz::net
