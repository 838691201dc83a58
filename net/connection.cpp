#include "net/connection.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>

#include "net/http_answer.hpp"
#include "net/io_worker.hpp"

namespace authnz::net {

using proto::http_status;

namespace {

constexpr std::size_t head_read = 4096;
constexpr std::size_t body_read = 16384;
constexpr std::size_t kept_capacity = 65536;  // buffers that grew beyond are given back
constexpr std::chrono::milliseconds goodbye_time{2000};

void reuse(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kept_capacity) buffer.shrink_to_fit();
}

}  // namespace

connection::connection(io_worker& worker) : worker_(worker), input_(worker.options().max_header + body_read) {}

void connection::begin() {
  open_ = true;
  pump();
}

void connection::handshake_failed(const error_code& ec) {
  if (closed_) return;
  worker_.handshake_failed(ec.message());
  close();
}

void connection::received(const error_code& ec, std::size_t bytes) {
  reading_ = false;
  if (closed_) return;
  if (leaving_) return discarded(ec);
  if (ec == boost::asio::error::eof) {
    // It may have shut down only its sending side, and wait for answers.
    peer_done_ = true;
  } else if (ec && !(ending_ && ec == boost::asio::error::operation_aborted)) {
    return close();
  }
  input_.commit(bytes);
  pump();
}

void connection::sent(const error_code& ec) {
  writing_ = false;
  write_deadline_ = clock::time_point::max();
  if (closed_) return;
  if (ec) return close();
  reuse(output_);
  pump();
}

void connection::pump() {
  if (!open_ || closed_ || leaving_) return;
  parse();
  flush();
  if (ending_) end_if_idle();
  if (closing_ && slots_.empty() && !writing_) return finish();
  read_more();
  watch_phase();
}

bool connection::may_take_more() const noexcept { return !closing_ && slots_.size() < worker_.options().max_pipelined; }

void connection::parse() {
  while (may_take_more() && parse_some()) {
  }
  if (!closing_) invite_body();
  if (peer_done_ && may_take_more()) closing_ = true;
}

// Whether there is more to parse.
bool connection::parse_some() {
  if (!request_) {
    // A stray line end before a request is no harm (RFC 9112, section 2.2).
    while (input_.size() > 0 && (*static_cast<const char*>(input_.cdata().data()) == '\r' ||
                                 *static_cast<const char*>(input_.cdata().data()) == '\n'))
      input_.consume(1);
    if (input_.size() == 0) return false;
    request_.emplace(worker_.hosts(), worker_.options().max_header, worker_.options().max_body, body_);
    invited_ = false;
    ++begun_;
  }
  if (input_.size() == 0) return false;
  error_code ec;
  input_.consume(request_->put(input_.cdata(), ec));
  if (ec == boost::beast::http::error::need_more) {
    if (input_.size() < input_.max_size()) return false;
    ec = boost::beast::http::error::header_limit;
  }
  if (ec) {
    request_->malformed();
    refuse(true);
    return false;
  }
  if (request_->is_done()) request_is_complete();
  return true;
}

// A client that waits for `100 Continue` gets it, or at once the refusal.
void connection::invite_body() {
  if (!request_ || invited_ || input_.size() > 0 || !request_->is_header_done() || !request_->expects_continue())
    return;
  invited_ = true;
  if (request_->refusal()) {
    refuse(true);
  } else {
    add_slot(answer_slot::kind::interim).ready = true;
  }
}

answer_slot& connection::add_slot(answer_slot::kind what) {
  auto& slot = slots_.emplace_back();
  slot.what = what;
  return slot;
}

void connection::refuse(bool close) {
  auto& slot = add_slot(answer_slot::kind::plain);
  slot.ready = true;
  slot.close = close;
  slot.asked = request_->leads_to();
  slot.without_body = request_->is_head();
  slot.answer.status = request_->refusal().value_or(http_status::bad_request);
  worker_.count_refusal(slot.answer.status);
  closing_ = closing_ || close;
  request_.reset();
}

void connection::request_is_complete() {
  in_step_ = !request_->stays_open();
  const bool ends = in_step_ || (is_ending() && input_.size() == 0);
  if (request_->refusal()) {
    refuse(ends);
  } else {
    const auto position = first_position_ + slots_.size();
    auto& slot = add_slot(answer_slot::kind::plain);
    slot.close = ends;
    slot.asked = request_->leads_to();
    request_.reset();
    worker_.act(*this, position, slot, body_);
  }
  closing_ = closing_ || ends;
  reuse(body_);
}

void connection::settle(std::uint64_t position, proto::reply&& answer) {
  if (position < first_position_ || position - first_position_ >= slots_.size()) return;
  auto& slot = slots_[position - first_position_];
  slot.answer = std::move(answer);
  slot.ready = true;
}

void connection::flush() {
  if (writing_) return;
  while (!slots_.empty() && slots_.front().ready) {
    if (slots_.front().answer.status == http_status::none) {
      break_off();
      break;
    }
    append(slots_.front());
    slots_.pop_front();
    ++first_position_;
  }
  if (output_.empty()) return;
  writing_ = true;
  write_deadline_ = worker_.after(worker_.options().body_timeout);
  send_all(boost::asio::buffer(output_));
}

// It ends after the answers before; whatever came behind is not answered.
void connection::break_off() {
  for (const auto& slot : slots_)
    if (!slot.ready) worker_.orphan(slot.ticket);
  first_position_ += slots_.size();
  slots_.clear();
  request_.reset();
  closing_ = true;
}

bool connection::is_ending() const noexcept { return ending_ || worker_.is_leaving(); }

bool connection::is_last_answer() const noexcept {
  return slots_.size() == 1 && (closing_ || (is_ending() && !request_ && input_.size() == 0));
}

void connection::append(answer_slot& slot) {
  if (slot.what == answer_slot::kind::interim) {
    output_ += continue_answer;
    return;
  }
  auto& answer = slot.answer;
  std::string_view body = proto::plain_text(answer.status);
  const bool json = slot.what == answer_slot::kind::json && !answer.text.empty();
  if (json) body = answer.text;
  if (slot.what == answer_slot::kind::sealed && answer.status == http_status::ok) {
    if (const auto sealed = worker_.seal(answer.text, slot.key))
      body = *sealed;
    else
      body = proto::plain_text(answer.status = http_status::internal_error);
  }
  if (slot.followed) slot.followed->mark(proto::trace_step::sealed);
  slot.close = slot.close || is_last_answer();
  closing_ = closing_ || slot.close;
  const answer_head head{.status = answer.status,
                         .json = json,
                         .close = slot.close,
                         .retry_after = answer.retry_after,
                         .allow = method_of(slot.asked),
                         .date = worker_.date()};
  append_answer(output_, head, body, slot.without_body);
}

void connection::read_more() {
  if (reading_ || peer_done_ || !may_take_more()) return;
  const auto wanted = request_ && request_->is_header_done() ? body_read : head_read;
  reading_ = true;
  read_some(input_.prepare(std::min(wanted, input_.max_size() - input_.size())));
}

// A phase's time runs from its beginning, so trickling bytes do not prolong it.
void connection::watch_phase() {
  const auto now = request_         ? (request_->is_header_done() ? phase::body : phase::head)
                   : slots_.empty() ? phase::idle
                                    : phase::waiting;
  if (now == phase_ && phase_of_ == begun_) return;
  phase_ = now;
  phase_of_ = begun_;
  const auto& o = worker_.options();
  switch (now) {
    case phase::idle: return limit_time(o.idle_timeout);
    case phase::head: return limit_time(o.header_timeout);
    case phase::body: return limit_time(o.body_timeout);
    case phase::waiting: read_deadline_ = clock::time_point::max();
  }
}

void connection::limit_time(std::chrono::milliseconds time) { read_deadline_ = worker_.after(time); }

void connection::check_time(clock::time_point now) {
  if (now <= read_deadline_ && now <= write_deadline_) return;
  if (!leaving_ && phase_ != phase::idle) worker_.count_timeout();
  if (open_ && !leaving_ && !writing_ && phase_ == phase::idle) return end_when_idle();
  if (leaving_ || writing_ || slots_.empty()) return close();
  // Those requests that have arrived are still answered.
  closing_ = true;
  request_.reset();
  read_deadline_ = clock::time_point::max();
  pump();
}

void connection::end_when_idle() {
  if (!open_) return close();
  ending_ = true;
  pump();
}

// What has been taken from the socket already is known when the reading ends.
void connection::end_if_idle() {
  if (closing_ || writing_ || request_ || !slots_.empty()) return;
  if (reading_) return stop_reading();
  closing_ = input_.size() == 0 && !has_unread();
}

void connection::finish() {
  leaving_ = true;
  in_step_ = in_step_ && !request_ && input_.size() == 0 && !has_unread();
  worker_.release(*this);
  if (peer_done_) return close();
  limit_time(goodbye_time);
  say_goodbye();
}

// To close while the peer still sends would reset the connection and could
// take away the answer before the peer has read it.
void connection::said_goodbye() {
  if (closed_) return;
  said_goodbye_ = true;
  if (in_step_) return close();
  discard();
}

void connection::discard() {
  if (reading_ || !said_goodbye_) return;
  reading_ = true;
  input_.clear();
  discard_some(input_.prepare(std::min(body_read, input_.max_size())));
}

void connection::discarded(const error_code& ec) {
  reading_ = false;
  if (closed_) return;
  if (ec) return close();
  discard();
}

void connection::close() {
  if (closed_) return;
  closed_ = true;
  for (const auto& slot : slots_)
    if (!slot.ready) worker_.orphan(slot.ticket);
  close_socket();
  worker_.forget(*this);
}

}  // namespace authnz::net
