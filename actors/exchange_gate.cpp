#include "actors/exchange_gate.hpp"

#include <algorithm>
#include <iterator>

namespace authnz::actors {

bool exchange_gate::lets_in(proto::exchange_ptr& ex) {
  if (!card_) return true;
  const auto standing = card_->standing();
  // Nobody overtakes those that still wait.
  if (standing == gate::open && waiting_.empty()) return true;
  const auto mine = std::move(ex);
  if (standing == gate::draining) return refuse(*mine, retry_after), false;
  waiting_.push_back(mine);
  publish();
  return false;
}

std::vector<proto::exchange_ptr> exchange_gate::look(clock::time_point now) {
  std::vector<proto::exchange_ptr> ready;
  if (waiting_.empty()) return ready;
  if (card_->standing() != gate::paused) {
    ready.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
    waiting_.clear();
  } else {
    std::erase_if(waiting_, [&](const proto::exchange_ptr& ex) {
      if (ex->deadline > now) return false;
      refuse(*ex, 1);
      return true;
    });
  }
  publish();
  return ready;
}

void exchange_gate::refuse(proto::exchange& ex, std::uint32_t seconds) {
  ex.waiting = {};
  card_->measured->began(ex.request.row().id);
  card_->measured->ended(false, microseconds_between(ex.arrived, clock::now()), {});
  ex.answer({proto::http_status::unavailable, {}, seconds});
}

void exchange_gate::publish() const {
  card_->measured->set_oldest_waiting(waiting_.empty() ? std::nullopt : std::optional(waiting_.front()->arrived));
}

}  // namespace authnz::actors
