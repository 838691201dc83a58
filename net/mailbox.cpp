#include "net/mailbox.hpp"

#include <boost/asio/post.hpp>

namespace authnz::net {

void mailbox::deliver(std::uint64_t ticket, proto::reply&& answer) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    waiting_.push_back({ticket, std::move(answer)});
    if (waiting_.size() > 1) return;
  }
  // Outside of the lock, or the io thread would wake up only to wait for it.
  // It does not hold the mailbox: the context, which owns it, is a member.
  boost::asio::post(context_, [this] { read(); });
}

void mailbox::read() {
  {
    const std::scoped_lock lock(mutex_);
    burst_.swap(waiting_);
  }
  if (reader_) reader_(burst_);
  burst_.clear();
}

void mailbox::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  waiting_.clear();
  reader_ = nullptr;
}

}  // namespace authnz::net
