#include "tools/ctl/fsck_store.hpp"

#include <iostream>

#include "storage/check.hpp"
#include "storage/environment.hpp"
#include "storage/reindex.hpp"
#include "storage/slices.hpp"
#include "tools/ctl/fsck_report.hpp"
#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

namespace {

int cannot(const std::string& why) { return fail({exit_no_node, "no-store", why}); }

/// Whether it could be done; else it has said why not.
bool reindex(storage::environment& store) {
  storage::reindexed done;
  const auto result = store.transact([&](storage::draft& state) {
    done = storage::reindex(state);
    return done.readable;
  });
  if (result != storage::commit_result::applied) {
    cannot("the indexes could not be built anew, and are as they were: " +
           (done.readable ? store.last_failure() : "the store cannot be read; restore it from a backup"));
    return false;
  }
  std::cerr << "built " << done.entries << " index entries of " << done.records << " records anew";
  if (done.damaged != 0) std::cerr << "; " << done.damaged << " records cannot be read and have none";
  std::cerr << '\n';
  return true;
}

fsck_report check(storage::environment& store) {
  fsck_progress progress;
  const auto found = storage::check(*store.read(), [&](std::uint64_t n) { progress.show("looked at", n); });
  fsck_report report{.records = found.records, .faults = found.faults};
  for (const auto& one : found.findings)
    report.findings.push_back(
        {{"slice", storage::row(one.in).name}, {"key", hexadecimal(one.key)}, {"what", one.what}});
  return report;
}

}  // namespace

int fsck_store(const fsck_store_options& o) {
  std::error_code ignored;
  // Opening would make a new one.
  if (!std::filesystem::exists(o.store / "data.mdb", ignored))
    return cannot("there is no store in " + o.store.string() +
                  "; --store names the directory that holds data.mdb, --basedir the one above it");
  const auto store = storage::environment::open(o.store);
  if (!store) return cannot(store.error() + "; a node that runs is asked without --store and --basedir");
  if (o.reindex && !reindex(**store)) return exit_no_node;
  return tell(check(**store), o.json);
}

}  // namespace authnz::ctl
