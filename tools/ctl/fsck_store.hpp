/// Looking at a store whose daemon is stopped.
#pragma once

#include <filesystem>

namespace authnz::ctl {

struct fsck_store_options {
  std::filesystem::path store;
  bool reindex = false;  ///< builds the indexes anew before the check
  bool json = false;
};

/// Returns the exit status (fsck_command.hpp).
int fsck_store(const fsck_store_options& o);

}  // namespace authnz::ctl
