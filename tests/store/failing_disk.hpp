/// A disk that fails on demand: takes the place of the system calls with which
/// LMDB writes, for the whole of the test program.
#pragma once

namespace authnz::storage::samples {

enum class disk_fault {
  none,
  full,          ///< data cannot be written: ENOSPC
  cut_short,     ///< half of the data is written
  unsynced,      ///< data is written, but syncing it fails: EIO
  meta_refused,  ///< data is written and synced, but the commit's last write fails: EIO
  no_map,        ///< memory cannot be mapped: ENOMEM
};

/// Fails as long as it lives. One at a time, on the writer's thread.
class failing_disk {
 public:
  explicit failing_disk(disk_fault fault);
  ~failing_disk();
  failing_disk(const failing_disk&) = delete;
  failing_disk& operator=(const failing_disk&) = delete;
};

}  // namespace authnz::storage::samples
