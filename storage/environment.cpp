#include "storage/environment.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <charconv>
#include <limits>
#include <mutex>
#include <sstream>

#include "storage/directory_lock.hpp"
#include "storage/lmdb_open.hpp"
#include "storage/lmdb_state.hpp"
#include "storage/migrate.hpp"
#include "storage/reader_pool.hpp"

namespace authnz::storage {
namespace {

/// How long the writer waits for readers before it gives a batch up.
constexpr std::chrono::milliseconds patience{2000};

struct not_prepared {
  lmdb_code code = MDB_SUCCESS;  ///< MDB_SUCCESS: the content is at fault
  std::string why;
};

/// Opens the slices and brings them to this program's format. Always writes,
/// which shows at the start that the disk takes it.
tl::expected<slice_handles, not_prepared> try_to_prepare(const env_ptr& env, const std::filesystem::path& directory) {
  const auto failed = [&](lmdb_code rc) { return tl::make_unexpected(not_prepared{rc, describe(directory, rc)}); };
  auto txn = begin(env, 0);
  if (!txn) return failed(txn.error());
  slice_handles slices{};
  int rc = open_slices(txn->get(), MDB_CREATE, slices);
  if (rc != MDB_SUCCESS) return failed(rc);
  lmdb_draft state(txn->get(), slices);
  const auto done = migrate(state, migrations());
  // After a write that failed, reads fail too.
  if (state.failed()) return failed(state.error());
  if (!done) return tl::make_unexpected(not_prepared{MDB_SUCCESS, "store " + directory.string() + ": " + done.error()});
  rc = mdb_txn_commit(txn->release());
  if (rc != MDB_SUCCESS) return failed(rc);
  return slices;
}

/// The map grows with what a change of the format writes.
tl::expected<slice_handles, std::string> prepare(const env_ptr& env, const std::filesystem::path& directory) {
  for (;;) {
    auto slices = try_to_prepare(env, directory);
    if (slices) return *slices;
    if (slices.error().code != MDB_MAP_FULL || !can_double_map(env.get()))
      return tl::make_unexpected(std::move(slices.error().why));
    if (const auto rc = double_map(env.get()); rc != MDB_SUCCESS) return tl::make_unexpected(describe(directory, rc));
  }
}

/// What a store that cannot be read shows.
class unreadable_view final : public view {
 public:
  unreadable_view() { report_fault(); }
  std::optional<record> get(slice, std::string_view) const override { return std::nullopt; }
  void scan(slice, std::string_view, const visitor&) const override {}
  std::optional<std::string> last_key(slice) const override { return std::nullopt; }
};

class lmdb_view final : public lmdb_state<view> {
 public:
  lmdb_view(txn_ptr txn, const slice_handles& slices, reader_pool& pool) noexcept
      : lmdb_state(txn.get(), slices), txn_(std::move(txn)), pool_(pool) {}
  lmdb_view(const lmdb_view&) = delete;
  lmdb_view& operator=(const lmdb_view&) = delete;
  ~lmdb_view() override { pool_.give_back(std::move(txn_)); }

 private:
  txn_ptr txn_;
  reader_pool& pool_;
};

// LMDB tells of its readers in lines of text: process, thread, transaction;
// `-` in place of one that has none open.
struct reader_lines {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  static int read(const char* text, void* context) {
    auto& mine = *static_cast<reader_lines*>(context);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) mine.take(line);
    return 0;
  }

 private:
  void take(const std::string& line) {
    std::string process;
    std::string thread;
    std::string text;
    std::istringstream(line) >> process >> thread >> text;
    std::uint64_t transaction = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, transaction);
    if (failed == std::errc() && rest == end) oldest = std::min(oldest, transaction);
  }
};

std::uint64_t oldest_reader_lag(MDB_env* env, std::uint64_t last) {
  reader_lines lines;
  mdb_reader_list(env, &reader_lines::read, &lines);
  return lines.oldest < last ? last - lines.oldest : 0;
}

std::uint64_t last_revision(const view& v) {
  const auto found = v.get(slice::meta, revision_key);
  return found ? found->revision : 0;
}

}  // namespace

/// The lock is the first to come and the last to go.
class environment::state {
 public:
  state(directory_lock held, std::filesystem::path path, environment_options options)
      : lock_(std::move(held)), path_(std::move(path)), options_(options) {}

  tl::expected<void, std::string> open();
  std::unique_ptr<view> read();
  std::vector<commit_result> commit(std::span<const mini_transaction* const> batch);
  commit_result transact(const std::function<bool(draft&)>& change);
  std::string last_failure() const;
  tl::expected<environment_statistics, std::string> statistics();

 private:
  using batch_results = tl::expected<std::vector<commit_result>, lmdb_code>;

  batch_results try_commit(std::span<const mini_transaction* const> batch);
  tl::expected<bool, lmdb_code> try_transact(const std::function<bool(draft&)>& change);
  /// Tries until it is done or the map cannot grow any more; after a failure
  /// the environment is made usable again.
  template <class F>
  auto with_room(F&& attempt) -> tl::expected<std::decay_t<decltype(*attempt())>, commit_result>;
  bool grow();
  bool is_alive() const;
  lmdb_code reopen();
  void revive();
  bool is_full(lmdb_code rc) const;
  void note_failure(std::string text);

  directory_lock lock_;
  const std::filesystem::path path_;
  const environment_options options_;
  env_ptr env_;  ///< exchanged while the pool is paused
  slice_handles slices_{};
  reader_pool readers_;
  std::mutex commits_;
  mutable std::mutex failures_;
  std::string last_failure_;
};

tl::expected<void, std::string> environment::state::open() {
  auto env = open_env(path_, options_);
  if (!env) return tl::make_unexpected(describe(path_, env.error()));
  const auto slices = prepare(*env, path_);
  if (!slices) return tl::make_unexpected(slices.error());
  slices_ = *slices;
  env_ = std::move(*env);
  sync_directory(path_);
  return {};
}

std::unique_ptr<view> environment::state::read() {
  auto txn = readers_.take(env_);
  if (!txn) return std::make_unique<unreadable_view>();
  return std::make_unique<lmdb_view>(std::move(txn), slices_, readers_);
}

tl::expected<bool, lmdb_code> environment::state::try_transact(const std::function<bool(draft&)>& change) {
  auto txn = begin(env_, 0);
  if (!txn) return tl::make_unexpected(txn.error());
  lmdb_draft state(txn->get(), slices_);
  const bool wanted = change(state);
  if (state.failed()) return tl::make_unexpected(state.error());
  if (!wanted) return false;
  if (const int rc = mdb_txn_commit(txn->release()); rc != MDB_SUCCESS) return tl::make_unexpected(int{rc});
  return true;
}

environment::state::batch_results environment::state::try_commit(std::span<const mini_transaction* const> batch) {
  std::vector<commit_result> results;
  bool readable = true;
  const auto done = try_transact([&](draft& state) {
    const auto before = last_revision(state);
    readable = !state.fault();
    if (!readable) return false;
    auto revision = before;
    results.reserve(batch.size());
    for (const auto* tx : batch) {
      results.push_back(judge(state, *tx, revision + 1));
      if (state.failed()) return false;
      if (results.back() == commit_result::applied) ++revision;
    }
    if (revision != before) state.put(slice::meta, revision_key, revision, {});
    return revision != before;
  });
  if (!done) return tl::make_unexpected(done.error());
  if (!readable) return tl::make_unexpected(MDB_CORRUPTED);
  return results;
}

template <class F>
auto environment::state::with_room(F&& attempt) -> tl::expected<std::decay_t<decltype(*attempt())>, commit_result> {
  const std::lock_guard one_at_a_time(commits_);
  revive();
  auto done = attempt();
  while (!done && done.error() == MDB_MAP_FULL && grow()) done = attempt();
  if (done) return std::move(*done);

  const auto rc = done.error();
  note_failure(describe(path_, rc));
  const auto as = is_full(rc) ? commit_result::storage_full : commit_result::storage_error;
  revive();
  return tl::make_unexpected(as);
}

std::vector<commit_result> environment::state::commit(std::span<const mini_transaction* const> batch) {
  auto results = with_room([&] { return try_commit(batch); });
  return results ? std::move(*results) : std::vector(batch.size(), results.error());
}

commit_result environment::state::transact(const std::function<bool(draft&)>& change) {
  const auto done = with_room([&] { return try_transact(change); });
  if (!done) return done.error();
  return *done ? commit_result::applied : commit_result::storage_error;
}

bool environment::state::grow() {
  if (!can_double_map(env_.get())) return false;
  reader_pool::pause nobody_reads(readers_, patience);
  if (!nobody_reads.holds()) return false;
  if (double_map(env_.get()) == MDB_SUCCESS) return true;
  // The old map is gone too; only opening anew brings it back.
  nobody_reads.drop_idle();
  if (const auto rc = reopen(); rc != MDB_SUCCESS) note_failure(describe(path_, rc));
  return false;
}

/// LMDB gives an environment up for good when it could not write a meta page.
bool environment::state::is_alive() const {
  const auto txn = begin(env_, MDB_RDONLY);
  return txn || txn.error() != MDB_PANIC;
}

/// Without a write, as the disk may be full. Nobody may read meanwhile.
lmdb_code environment::state::reopen() {
  env_.reset();
  auto env = open_env(path_, options_);
  if (!env) return env.error();
  auto txn = begin(*env, MDB_RDONLY);
  if (!txn) return txn.error();
  int rc = open_slices(txn->get(), 0, slices_);
  // Committing keeps the handles beyond the transaction.
  if (rc == MDB_SUCCESS) rc = mdb_txn_commit(txn->release());
  if (rc == MDB_SUCCESS) env_ = std::move(*env);
  return rc;
}

/// Reads go on with the last state that was committed.
void environment::state::revive() {
  if (is_alive()) return;
  reader_pool::pause nobody_reads(readers_, patience);
  if (!nobody_reads.holds()) return;
  nobody_reads.drop_idle();
  if (const auto rc = reopen(); rc != MDB_SUCCESS) note_failure(describe(path_, rc));
}

bool environment::state::is_full(lmdb_code rc) const {
  if (rc == MDB_MAP_FULL || rc == ENOSPC || rc == EDQUOT || rc == EFBIG) return true;
  // LMDB reports a write that was cut short by the disk's end as EIO.
  constexpr std::uint64_t next_to_nothing = 1 << 20;
  struct statvfs disk {};
  if (rc != EIO || ::statvfs(path_.c_str(), &disk) != 0) return false;
  return std::uint64_t{disk.f_bavail} * disk.f_frsize < next_to_nothing;
}

void environment::state::note_failure(std::string text) {
  const std::lock_guard lock(failures_);
  last_failure_ = std::move(text);
}

std::string environment::state::last_failure() const {
  const std::lock_guard lock(failures_);
  return last_failure_;
}

tl::expected<environment_statistics, std::string> environment::state::statistics() {
  auto txn = readers_.take(env_);
  if (!txn) return tl::make_unexpected("store " + path_.string() + ": cannot be read");
  auto* const handle = txn.get();
  const lmdb_view v(std::move(txn), slices_, readers_);
  MDB_envinfo info{};
  MDB_stat main{};
  mdb_env_info(env_.get(), &info);
  mdb_env_stat(env_.get(), &main);
  environment_statistics all{.map_size = info.me_mapsize,
                             .page_size = main.ms_psize,
                             .used_pages = info.me_last_pgno + 1,
                             .last_revision = last_revision(v),
                             .readers = info.me_numreaders,
                             .max_readers = info.me_maxreaders,
                             .oldest_reader_lag = oldest_reader_lag(env_.get(), info.me_last_txnid),
                             .slices = {}};
  for (std::size_t i = 0; i < slice_count; ++i) {
    MDB_stat s{};
    if (mdb_stat(handle, slices_[i], &s) != MDB_SUCCESS)
      return tl::make_unexpected("store " + path_.string() + ": cannot be read");
    all.slices[i] = {s.ms_entries, s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages};
  }
  return all;
}

environment::environment(std::unique_ptr<state> s) : state_(std::move(s)) {}
environment::~environment() = default;

tl::expected<std::unique_ptr<environment>, std::string> environment::open(const std::filesystem::path& directory,
                                                                          environment_options options) {
  auto held = directory_lock::take(directory);
  if (!held) return tl::make_unexpected(std::move(held.error()));
  auto fresh = std::make_unique<state>(std::move(*held), directory, options);
  if (const auto done = fresh->open(); !done) return tl::make_unexpected(done.error());
  return std::unique_ptr<environment>(new environment(std::move(fresh)));
}

std::unique_ptr<view> environment::read() { return state_->read(); }

std::vector<commit_result> environment::commit(std::span<const mini_transaction* const> batch) {
  return state_->commit(batch);
}

commit_result environment::transact(const std::function<bool(draft&)>& change) { return state_->transact(change); }

std::string environment::last_failure() const { return state_->last_failure(); }

tl::expected<environment_statistics, std::string> environment::statistics() { return state_->statistics(); }

}  // namespace authnz::storage
