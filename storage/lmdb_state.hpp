/// LMDB's handles as values that close themselves, and reading and writing of
/// records within a transaction.
#pragma once

#include <lmdb.h>

#include <array>
#include <memory>
#include <string>

#include "storage/codec.hpp"
#include "storage/draft.hpp"
#include "storage/slices.hpp"

namespace authnz::storage {

struct lmdb_closer {
  void operator()(MDB_env* e) const noexcept { mdb_env_close(e); }
  void operator()(MDB_txn* t) const noexcept { mdb_txn_abort(t); }
  void operator()(MDB_cursor* c) const noexcept { mdb_cursor_close(c); }
};
using env_ptr = std::unique_ptr<MDB_env, lmdb_closer>;
using txn_ptr = std::unique_ptr<MDB_txn, lmdb_closer>;
using cursor_ptr = std::unique_ptr<MDB_cursor, lmdb_closer>;

using slice_handles = std::array<MDB_dbi, slice_count>;

inline MDB_val to_val(std::string_view bytes) noexcept {
  // LMDB takes pointers to non-const, and does not write through them.
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
inline std::string_view to_view(const MDB_val& v) noexcept { return {static_cast<const char*>(v.mv_data), v.mv_size}; }

inline constexpr std::size_t revision_size = 8;

/// Reads of views and drafts alike, within a transaction that outlives this.
template <class Base>
class lmdb_state : public Base {
 public:
  lmdb_state(MDB_txn* txn, const slice_handles& slices) noexcept : txn_(txn), slices_(&slices) {}

  std::optional<record> get(slice in, std::string_view key) const override {
    if (key.empty()) return std::nullopt;
    MDB_val k = to_val(key);
    MDB_val v{};
    const int rc = mdb_get(txn_, handle(in), &k, &v);
    if (rc != MDB_SUCCESS) return failed_read(rc);
    return to_record(v);
  }

  void scan(slice in, std::string_view from, const view::visitor& visit) const override {
    walk(in, from, [&](std::string_view key, const MDB_val& v) {
      const auto found = to_record(v);
      return !found || visit(key, *found);
    });
  }

  bool scan_all(slice in, std::string_view from, const view::visitor& visit) const override {
    return walk(in, from, [&](std::string_view key, const MDB_val& v) { return visit(key, parts_of(v)); });
  }

  std::optional<std::string> last_key(slice in) const override {
    const auto cursor = open_cursor(in);
    if (!cursor) return std::nullopt;
    MDB_val k{};
    MDB_val v{};
    const int rc = mdb_cursor_get(cursor.get(), &k, &v, MDB_LAST);
    if (rc == MDB_SUCCESS) return std::string(to_view(k));
    failed_read(rc);
    return std::nullopt;
  }

 protected:
  MDB_txn* txn() const noexcept { return txn_; }
  MDB_dbi handle(slice in) const noexcept { return (*slices_)[index_of(in)]; }

 private:
  /// Whether the slice could be read.
  template <class Visit>
  bool walk(slice in, std::string_view from, Visit&& visit) const {
    const auto cursor = open_cursor(in);
    if (!cursor) return false;
    MDB_val k = to_val(from);
    MDB_val v{};
    int rc = mdb_cursor_get(cursor.get(), &k, &v, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
    for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(cursor.get(), &k, &v, MDB_NEXT))
      if (!visit(to_view(k), v)) return true;
    failed_read(rc);
    return rc == MDB_NOTFOUND;
  }

  /// Of revision 0 if it is damaged.
  static record parts_of(const MDB_val& v) {
    const auto bytes = to_view(v);
    if (bytes.size() < revision_size) return {};
    return {leading_u64(bytes), bytes.substr(revision_size)};
  }

  std::optional<record> to_record(const MDB_val& v) const {
    const auto found = parts_of(v);
    if (found.revision != 0) return found;
    this->report_fault();
    return std::nullopt;
  }

  std::nullopt_t failed_read(int rc) const noexcept {
    if (rc != MDB_NOTFOUND) this->report_fault();
    return std::nullopt;
  }

  cursor_ptr open_cursor(slice in) const {
    MDB_cursor* cursor = nullptr;
    if (mdb_cursor_open(txn_, handle(in), &cursor) != MDB_SUCCESS) this->report_fault();
    return cursor_ptr(cursor);
  }

  MDB_txn* txn_;
  const slice_handles* slices_;
};

/// A draft in a write transaction.
class lmdb_draft final : public lmdb_state<draft> {
 public:
  using lmdb_state::lmdb_state;

  void put(slice in, std::string_view key, std::uint64_t revision, std::string_view value) override {
    bytes_.clear();
    append_u64(bytes_, revision);
    bytes_.append(value);
    MDB_val k = to_val(key);
    MDB_val v = to_val(bytes_);
    note(mdb_put(txn(), handle(in), &k, &v, 0));
  }

  void erase(slice in, std::string_view key) override {
    MDB_val k = to_val(key);
    const int rc = mdb_del(txn(), handle(in), &k, nullptr);
    note(rc == MDB_NOTFOUND ? MDB_SUCCESS : rc);
  }

  bool failed() const noexcept override { return error_ != MDB_SUCCESS; }
  /// LMDB's code for the first write that failed.
  int error() const noexcept { return error_; }

 private:
  void note(int rc) noexcept {
    if (!failed()) error_ = rc;
  }

  std::string bytes_;
  int error_ = MDB_SUCCESS;
};

}  // namespace authnz::storage
