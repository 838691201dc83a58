#include "storage/memory_store.hpp"

#include "storage/draft.hpp"
#include "storage/slices.hpp"

namespace authnz::storage {
namespace {

using contents = memory_store::contents;

/// Reading, for views and drafts alike.
template <class Base>
class memory_state : public Base {
 public:
  explicit memory_state(const contents& all) : all_(all) {}

  std::optional<record> get(slice in, std::string_view key) const override {
    const auto& records = all_[index_of(in)];
    const auto found = records.find(key);
    if (found == records.end()) return std::nullopt;
    return record{found->second.revision, found->second.value};
  }

  void scan(slice in, std::string_view from, const view::visitor& visit) const override {
    const auto& records = all_[index_of(in)];
    for (auto it = records.lower_bound(from); it != records.end(); ++it)
      if (!visit(it->first, record{it->second.revision, it->second.value})) return;
  }

  std::optional<std::string> last_key(slice in) const override {
    const auto& records = all_[index_of(in)];
    if (records.empty()) return std::nullopt;
    return records.rbegin()->first;
  }

 private:
  const contents& all_;
};

class memory_view final : public memory_state<view> {
 public:
  explicit memory_view(std::shared_ptr<const contents> all) : memory_state(*all), kept_(std::move(all)) {}

 private:
  std::shared_ptr<const contents> kept_;
};

class memory_draft final : public memory_state<draft> {
 public:
  explicit memory_draft(contents& all) : memory_state(all), all_(all) {}

  void put(slice in, std::string_view key, std::uint64_t revision, std::string_view value) override {
    all_[index_of(in)].insert_or_assign(std::string(key), memory_store::stored{revision, std::string(value)});
  }
  void erase(slice in, std::string_view key) override { all_[index_of(in)].erase(std::string(key)); }
  bool failed() const noexcept override { return false; }

 private:
  contents& all_;
};

}  // namespace

std::unique_ptr<view> memory_store::read() {
  const std::lock_guard lock(mutex_);
  return std::make_unique<memory_view>(contents_);
}

std::vector<commit_result> memory_store::commit(std::span<const mini_transaction* const> batch) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<contents>(*contents_);
  memory_draft state(*next);
  std::vector<commit_result> results;
  results.reserve(batch.size());
  for (const auto* tx : batch) {
    results.push_back(judge(state, *tx, last_revision_ + 1));
    if (results.back() == commit_result::applied) ++last_revision_;
  }
  contents_ = std::move(next);
  return results;
}

commit_result memory_store::commit(const mini_transaction& tx) {
  const mini_transaction* const one = &tx;
  return commit(std::span(&one, 1)).front();
}

}  // namespace authnz::storage
