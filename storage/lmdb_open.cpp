#include "storage/lmdb_open.hpp"

#include <cerrno>
#include <limits>

namespace authnz::storage {
namespace {

/// Bytes that the map has, and that the file uses of it.
std::size_t map_size_of(MDB_env* env) {
  MDB_envinfo info{};
  mdb_env_info(env, &info);
  return info.me_mapsize;
}
std::size_t used_size_of(MDB_env* env) {
  MDB_envinfo info{};
  MDB_stat main{};
  mdb_env_info(env, &info);
  mdb_env_stat(env, &main);
  return (info.me_last_pgno + 1) * main.ms_psize;
}

std::string advice(lmdb_code rc) {
  switch (rc) {
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH: return "; restore it from a backup, or use another directory";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case MDB_MAP_FULL: return "; make room on its disk";
    case EACCES:
    case EPERM:
    case EROFS: return "; it must be writable for this user";
    default: return "";
  }
}

}  // namespace

lmdb_code open_slices(MDB_txn* txn, unsigned flags, slice_handles& slices) {
  for (const auto& row : slice_table)
    if (const int rc = mdb_dbi_open(txn, row.name, flags, &slices[index_of(row.id)]); rc != MDB_SUCCESS) return rc;
  return MDB_SUCCESS;
}

tl::expected<txn_ptr, lmdb_code> begin(const env_ptr& env, unsigned flags) {
  MDB_txn* txn = nullptr;
  if (!env) return tl::make_unexpected(MDB_PANIC);
  if (const int rc = mdb_txn_begin(env.get(), nullptr, flags, &txn); rc != MDB_SUCCESS)
    return tl::make_unexpected(int{rc});
  return txn_ptr(txn);
}

tl::expected<env_ptr, lmdb_code> open_env(const std::filesystem::path& directory, const environment_options& options) {
  MDB_env* raw = nullptr;
  if (const int rc = mdb_env_create(&raw); rc != MDB_SUCCESS) return tl::make_unexpected(int{rc});
  env_ptr env(raw);
  int rc = mdb_env_set_mapsize(raw, options.map_size);
  if (rc == MDB_SUCCESS) rc = mdb_env_set_maxdbs(raw, slice_count);
  if (rc == MDB_SUCCESS) rc = mdb_env_set_maxreaders(raw, options.max_readers);
  if (rc == MDB_SUCCESS) rc = mdb_env_open(raw, directory.c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600);
  // With a map as large as the file nothing could be written, not even the first time.
  if (rc == MDB_SUCCESS && map_size_of(raw) < 2 * used_size_of(raw))
    rc = mdb_env_set_mapsize(raw, 2 * used_size_of(raw));
  if (rc != MDB_SUCCESS) return tl::make_unexpected(int{rc});
  return env;
}

std::string describe(const std::filesystem::path& directory, lmdb_code rc) {
  return "store " + directory.string() + ": " + mdb_strerror(rc) + advice(rc);
}

lmdb_code double_map(MDB_env* env) { return mdb_env_set_mapsize(env, map_size_of(env) * 2); }
bool can_double_map(MDB_env* env) { return map_size_of(env) <= std::numeric_limits<std::size_t>::max() / 4; }

}  // namespace authnz::storage
