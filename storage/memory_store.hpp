/// A store without a disk, for tests of decisions: the same answers as the
/// environment's, nothing durable.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "storage/store.hpp"

namespace authnz::storage {

class memory_store final : public store {
 public:
  struct stored {
    std::uint64_t revision = 0;
    std::string value;
  };
  using contents = std::array<std::map<std::string, stored, std::less<>>, slice_count>;

  std::unique_ptr<view> read() override;
  std::vector<commit_result> commit(std::span<const mini_transaction* const> batch) override;
  std::string last_failure() const override { return {}; }

  /// A batch of one.
  commit_result commit(const mini_transaction& tx);

 private:
  std::mutex mutex_;
  /// Views share the state they were made on; a commit copies it.
  std::shared_ptr<const contents> contents_ = std::make_shared<const contents>();
  std::uint64_t last_revision_ = 0;
};

}  // namespace authnz::storage
