/// The way back: answers from any thread to the io thread that owns the
/// connection. One wake-up a burst, not one an answer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <mutex>
#include <vector>

#include "proto/exchange.hpp"

namespace authnz::net {

/// Owns the io thread's context, so that whoever still holds an exchange may
/// deliver after the thread has ended: that is dropped.
class mailbox final : public proto::reply_sink {
 public:
  struct item {
    std::uint64_t ticket;
    proto::reply answer;
  };
  /// Gets a burst on the io thread; may take from it what it likes.
  using reader = std::function<void(std::vector<item>&)>;

  mailbox() = default;

  boost::asio::io_context& context() noexcept { return context_; }

  /// Sets who reads. Before anything is delivered.
  void open(reader r) { reader_ = std::move(r); }
  /// What comes from now on is dropped. When the io thread has ended.
  void close();

  void deliver(std::uint64_t ticket, proto::reply&& answer) noexcept override;

 private:
  void read();

  boost::asio::io_context context_{1};
  reader reader_;
  std::mutex mutex_;
  std::vector<item> waiting_;
  std::vector<item> burst_;
  bool closed_ = false;
};

}  // namespace authnz::net
