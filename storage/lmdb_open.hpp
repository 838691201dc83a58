/// Opening of LMDB's files, their map, and what its errors mean for an operator.
#pragma once

#include <lmdb.h>

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

#include "storage/environment.hpp"
#include "storage/lmdb_state.hpp"

namespace authnz::storage {

/// A code of LMDB's, or errno's, that ended what was tried.
using lmdb_code = int;

lmdb_code open_slices(MDB_txn* txn, unsigned flags, slice_handles& slices);
tl::expected<txn_ptr, lmdb_code> begin(const env_ptr& env, unsigned flags);
/// Makes the files if they are missing.
tl::expected<env_ptr, lmdb_code> open_env(const std::filesystem::path& directory, const environment_options& options);
/// Requires that there are no transactions. A code other than MDB_SUCCESS says
/// that the old map is gone too.
lmdb_code double_map(MDB_env* env);
bool can_double_map(MDB_env* env);
/// One line: which store, what happened, and what to do.
std::string describe(const std::filesystem::path& directory, lmdb_code rc);

}  // namespace authnz::storage
