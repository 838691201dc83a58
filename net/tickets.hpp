/// Which waiting answer of which connection an exchange's ticket stands for.
/// Of one io thread, and used by it alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace authnz::net {

class connection;

class tickets {
 public:
  struct claim {
    connection* owner;       ///< null = it has gone
    std::uint64_t position;  ///< of the answer, counted from the connection's first
  };

  std::uint64_t issue(connection& owner, std::uint64_t position) {
    std::uint32_t at = 0;
    if (free_.empty()) {
      at = static_cast<std::uint32_t>(rows_.size());
      rows_.emplace_back();
    } else {
      at = free_.back();
      free_.pop_back();
    }
    rows_[at].what = {&owner, position};
    rows_[at].issued = true;
    return std::uint64_t{rows_[at].use} << 32 | at;
  }

  /// The owner goes; the exchange is still out there.
  void orphan(std::uint64_t ticket) {
    if (auto* r = find(ticket)) r->what.owner = nullptr;
  }

  /// Once for each ticket; nothing when it was redeemed before.
  std::optional<claim> redeem(std::uint64_t ticket) {
    auto* r = find(ticket);
    if (!r) return std::nullopt;
    r->issued = false;
    ++r->use;
    free_.push_back(static_cast<std::uint32_t>(ticket));
    return r->what;
  }

  std::size_t outstanding() const noexcept { return rows_.size() - free_.size(); }

 private:
  struct row {
    claim what{};
    std::uint32_t use = 0;
    bool issued = false;
  };

  row* find(std::uint64_t ticket) {
    const auto at = static_cast<std::uint32_t>(ticket);
    if (at >= rows_.size() || !rows_[at].issued || rows_[at].use != ticket >> 32) return nullptr;
    return &rows_[at];
  }

  std::vector<row> rows_;
  std::vector<std::uint32_t> free_;
};

}  // namespace authnz::net
