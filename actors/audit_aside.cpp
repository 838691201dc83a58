#include "actors/audit_aside.hpp"

#include <algorithm>

#include "actors/audit.hpp"

namespace authnz::actors {

namespace {

/// Holds a place until the journal is done with the job, or has died with it.
struct place final : pending_work {
  explicit place(std::shared_ptr<std::atomic<std::uint32_t>> n) : taken(std::move(n)) {}
  ~place() override { taken->fetch_sub(1, std::memory_order_relaxed); }
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  std::shared_ptr<std::atomic<std::uint32_t>> taken;
};

proto::timestamp now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

}  // namespace

bool audit_aside::is_within_rate() {
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  const std::chrono::duration<double> passed = now - filled_;
  filled_ = now;
  room_ = std::min<double>(burst, room_ + passed.count() * a_second);
  if (room_ < 1) return false;
  room_ -= 1;
  return true;
}

void audit_aside::record(std::string&& text) {
  const auto before = under_way_->fetch_add(1, std::memory_order_relaxed);
  auto mine = std::make_shared<place>(under_way_);
  if (before >= most_under_way || !is_within_rate()) {
    untold_.fetch_add(1, std::memory_order_relaxed);
    ++counts_->audit.lost;
    return;
  }
  auto job = std::make_shared<commit_job>();
  if (const auto lost = untold_.exchange(0, std::memory_order_relaxed); lost > 0)
    job->tx.events.push_back(text_of_loss(lost));
  job->tx.events.push_back(std::move(text));
  job->work = std::move(mine);
  commit_(std::move(job));
}

std::string audit_aside::text_of_loss(std::uint64_t lost) const {
  static const auto nobody = proto::pii_digest::clear();
  auto text = audit_line({.name = "audit.lost"}, now(), nobody);
  text.insert(text.size() - 1, ",\"events\":" + std::to_string(lost));
  return text;
}

}  // namespace authnz::actors
