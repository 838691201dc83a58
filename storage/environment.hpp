/// The store on disk: one LMDB environment a node, one named database a slice.
///
/// Records are the revision (8 bytes, big endian) and the value. Commits are
/// synced before they return. The map grows by itself; a full disk refuses
/// writes, keeps reads alive, and is recovered from without a restart.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "storage/draft.hpp"
#include "storage/store.hpp"

namespace authnz::storage {

struct environment_options {
  std::size_t map_size = std::size_t{64} << 20;  ///< bytes to begin with; doubled when it is full
  unsigned max_readers = 256;                    ///< views at the same time
};

struct slice_statistics {
  std::uint64_t records = 0;
  std::uint64_t pages = 0;
};

struct environment_statistics {
  std::uint64_t map_size = 0;       ///< bytes
  std::uint64_t page_size = 0;      ///< bytes
  std::uint64_t used_pages = 0;     ///< of the file, free ones inside it included
  std::uint64_t last_revision = 0;  ///< 0 = nothing was ever committed
  unsigned readers = 0;             ///< reader slots taken, idle ones included
  unsigned max_readers = 0;
  std::uint64_t oldest_reader_lag =
      0;  ///< commits since the oldest view was taken that is still open; 0 = none is older
  std::array<slice_statistics, slice_count> slices;  ///< by slice
};

class environment final : public store {
 public:
  /// Opens the environment in `directory`, or makes it there (mode 0700, files
  /// 0600). The error is one line that says what to do: another process has it
  /// open, its format is newer than this program, group or others may enter
  /// the directory or read its files, it cannot be written.
  static tl::expected<std::unique_ptr<environment>, std::string> open(const std::filesystem::path& directory,
                                                                      environment_options options = {});
  ~environment() override;

  std::unique_ptr<view> read() override;
  std::vector<commit_result> commit(std::span<const mini_transaction* const> batch) override;
  std::string last_failure() const override;

  /// Runs `change` in a write transaction of its own, and commits it if it
  /// returns true. For what is not a mini-transaction (projection.hpp): nothing
  /// is judged, derived or given a revision. `change` may run several times.
  /// `storage_error` also when it returns false. Blocks, in turn with `commit`.
  commit_result transact(const std::function<bool(draft&)>& change);

  tl::expected<environment_statistics, std::string> statistics();

 private:
  class state;
  explicit environment(std::unique_ptr<state> s);

  std::unique_ptr<state> state_;
};

}  // namespace authnz::storage
