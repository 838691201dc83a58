#include "tests/store/failing_disk.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace authnz::storage::samples {
namespace {

thread_local disk_fault present = disk_fault::none;

int fail(int error) {
  errno = error;
  return -1;
}

/// LMDB's meta pages are the file's first two, and less than a page of them is
/// written.
bool is_meta(std::size_t size, off_t offset) { return offset < 2 * 4096 && size < 4096; }

}  // namespace

failing_disk::failing_disk(disk_fault fault) { present = fault; }
failing_disk::~failing_disk() { present = disk_fault::none; }

}  // namespace authnz::storage::samples

using authnz::storage::samples::disk_fault;
using authnz::storage::samples::fail;
using authnz::storage::samples::is_meta;
using authnz::storage::samples::present;

extern "C" {

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
  if (is_meta(size, offset)) {
    if (present == disk_fault::meta_refused) return fail(EIO);
  } else {
    if (present == disk_fault::full) return fail(ENOSPC);
    if (present == disk_fault::cut_short) size /= 2;
  }
  return ::syscall(SYS_pwrite64, file, data, size, offset);
}

ssize_t writev(int file, const iovec* parts, int count) {
  if (present == disk_fault::full) return fail(ENOSPC);
  if (present == disk_fault::cut_short) count = std::max(count / 2, 1);
  return ::syscall(SYS_writev, file, parts, count);
}

int fdatasync(int file) {
  if (present == disk_fault::unsynced) return fail(EIO);
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

// ThreadSanitizer maps its shadow before anything of ours may run.
#ifndef __SANITIZE_THREAD__
void* mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  if (present == disk_fault::no_map && file >= 0) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, size, protection, flags, file, offset));
}
#endif
}
