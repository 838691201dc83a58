// A single node's store becomes a cluster, and a cluster's store a single
// node's.
#include <gtest/gtest.h>

#include <map>

#include "net/cluster/identity.hpp"
#include "net/cluster/leaving.hpp"
#include "storage/check.hpp"
#include "storage/projection.hpp"
#include "storage/slices.hpp"
#include "tests/cluster/etcd_server.hpp"
#include "tests/store/samples.hpp"

namespace authnz::net::cluster {
namespace {

using storage::slice;
namespace samples = storage::samples;

/// Keys and values of what a cluster shares.
using content = std::map<std::pair<slice, std::string>, std::string>;

template <class Result>
std::string why(const Result& r) {
  return r ? "it was done" : r.error();
}

content content_of(storage::environment& store) {
  content all;
  const auto view = store.read();
  for (const auto& row : storage::slice_table)
    if (row.of == storage::scope::cluster && !row.derived)
      view->scan(row.id, {}, [&](std::string_view key, const storage::record& r) {
        all.emplace(std::pair(row.id, std::string(key)), std::string(r.value));
        return true;
      });
  EXPECT_FALSE(view->fault());
  return all;
}

class founding_a_cluster : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server.ok()) << server.error();
    how.etcd = server.client_options();
    how.node = "n1";
    std::vector<storage::mini_transaction> batch(2520);
    for (std::int64_t id = 1; id <= 20; ++id) storage::add_user(batch.at(id - 1), samples::make_user(id));
    for (std::uint64_t n = 0; n < 2500; ++n)
      storage::add_session(batch.at(20 + n), samples::make_session(n, 1 + static_cast<std::int64_t>(n % 20)));
    samples::commit_all(*store, batch);
    samples::commit(*store, samples::put(slice::outbox, "m", std::string(300'000, 'm')));
    samples::commit(*store, samples::put(slice::ratelimits, "bucket", "the node's own"));
  }

  /// Users have a claim of an address and one of a system id each.
  static constexpr std::uint64_t all_records = 20 * 3 + 2500 + 1;

  tl::expected<std::string, std::string> found() { return found_cluster(*store, how, {}); }
  std::string refusal() { return why(found()); }
  /// What etcd has, as `content_of` has it.
  content uploaded() {
    content all;
    const auto data = etcd.range(keys.data(), {.end = storage::end_of_prefix(keys.data())});
    if (!data) return all;
    for (const auto& r : data->records)
      if (const auto k = keys.parse(r.key); k.what == storage::cluster_key::kind::record)
        all.emplace(std::pair(k.in, std::string(k.key)), r.value);
    return all;
  }

  tests::etcd_server server;
  options how;
  storage::cluster_keys keys{"authnz"};
  etcd::client etcd{server.client_options()};
  samples::directory directory;
  std::unique_ptr<storage::environment> store = samples::open(directory.store());
};

TEST_F(founding_a_cluster, uploads_every_record_that_a_cluster_shares_and_no_other) {
  const auto id = found();
  ASSERT_TRUE(id) << id.error();
  EXPECT_EQ(uploaded(), content_of(*store));
  EXPECT_EQ(uploaded().size(), all_records);
}

TEST_F(founding_a_cluster, says_who_it_is) {
  const auto id = found();
  ASSERT_TRUE(id) << id.error();
  const auto who = read_identity(etcd, keys);
  ASSERT_TRUE(who && *who);
  EXPECT_EQ((*who)->id, *id);
  EXPECT_TRUE((*who)->ready);
  EXPECT_EQ((*who)->format, cluster_format);
  EXPECT_FALSE((*who)->created.empty());
  EXPECT_EQ(etcd.range(keys.head())->records.at(0).mod_revision, (*who)->revision);
}

TEST_F(founding_a_cluster, makes_the_store_a_projection_to_be_rebuilt) {
  const auto id = found();
  ASSERT_TRUE(id) << id.error();
  const auto mark = storage::projection(*store).mark();
  EXPECT_EQ(mark.cluster, *id);
  EXPECT_FALSE(mark.whole);
}

TEST_F(founding_a_cluster, tells_how_far_it_is) {
  std::uint64_t last = 0, of = 0;
  ASSERT_TRUE(found_cluster(*store, how, [&](std::uint64_t n, std::uint64_t total) {
    EXPECT_GE(n, last);
    last = n;
    of = total;
  }));
  EXPECT_EQ(last, of);
  EXPECT_EQ(of, 2 * all_records);
}

TEST_F(founding_a_cluster, may_begin_with_an_empty_store) {
  samples::directory empty;
  const auto fresh = samples::open(empty.store());
  ASSERT_TRUE(found_cluster(*fresh, how, {}));
  EXPECT_TRUE(uploaded().empty());
  EXPECT_EQ(etcd.range(keys.head())->records.size(), 1U);
}

TEST_F(founding_a_cluster, leaves_to_the_nodes_who_has_a_duty) {
  samples::commit(*store, samples::put(slice::marks, "duty/mail", "of a former cluster"));
  ASSERT_TRUE(found());
  EXPECT_FALSE(uploaded().contains({slice::marks, "duty/mail"}));
}

// The process dies at a moment of its own choice: here, when it has told of so many records.
class interrupted : public std::exception {};

TEST_F(founding_a_cluster, goes_on_after_it_was_interrupted_anywhere) {
  for (int told = 1; told <= 6; ++told) {
    int left = told;
    try {
      (void)found_cluster(*store, how, [&](std::uint64_t, std::uint64_t) {
        if (--left == 0) throw interrupted();
      });
      ADD_FAILURE() << "it was not interrupted";
    } catch (const interrupted&) {
      EXPECT_FALSE(read_identity(etcd, keys).value().value().ready);
      EXPECT_TRUE(storage::projection(*store).mark().cluster.empty());
    }
    store.reset();
    store = samples::open(directory.store());
  }
  const auto id = read_identity(etcd, keys).value().value().id;
  EXPECT_EQ(found().value_or("nothing"), id);
  EXPECT_EQ(uploaded(), content_of(*store));
}

TEST_F(founding_a_cluster, uploads_what_changed_since_it_was_interrupted) {
  try {
    (void)found_cluster(*store, how, [](std::uint64_t n, std::uint64_t total) {
      if (n > total / 2) throw interrupted();
    });
  } catch (const interrupted&) {
  }
  samples::commit(*store, samples::erase(slice::sessions, samples::session_key(7)));
  samples::commit(*store, samples::put(slice::outbox, "m", "another"));
  samples::commit(*store, samples::put(slice::outbox, "n", "new"));
  ASSERT_TRUE(found());
  EXPECT_EQ(uploaded(), content_of(*store));
}

TEST_F(founding_a_cluster, is_not_continued_with_another_store) {
  try {
    (void)found_cluster(*store, how, [](std::uint64_t, std::uint64_t) { throw interrupted(); });
  } catch (const interrupted&) {
  }
  samples::directory elsewhere;
  const auto other = samples::open(elsewhere.store());
  const auto refused = found_cluster(*other, how, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("another store"), std::string::npos) << refused.error();
  EXPECT_TRUE(found()) << "the first store's upload is untouched";
}

TEST_F(founding_a_cluster, is_refused_where_another_cluster_is) {
  ASSERT_TRUE(found());
  samples::directory elsewhere;
  const auto other = samples::open(elsewhere.store());
  samples::commit(*other, samples::put(slice::outbox, "x", "y"));
  const auto before = uploaded();
  const auto refused = found_cluster(*other, how, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("already"), std::string::npos) << refused.error();
  EXPECT_EQ(uploaded(), before);
  EXPECT_EQ(content_of(*other).size(), 1U);
  how.prefix = "second";
  EXPECT_TRUE(found_cluster(*other, how, {})) << "under another prefix there is room";
}

TEST_F(founding_a_cluster, is_refused_where_somebody_elses_keys_are) {
  ASSERT_TRUE(etcd.put("authnz/other", "1"));
  EXPECT_NE(refusal().find("belong to no cluster"), std::string::npos) << refusal();
  EXPECT_TRUE(uploaded().empty());
}

TEST_F(founding_a_cluster, is_refused_to_a_store_that_is_in_one) {
  ASSERT_TRUE(found());
  EXPECT_NE(refusal().find("belongs to cluster"), std::string::npos) << refusal();
}

TEST_F(founding_a_cluster, is_refused_where_the_identity_is_damaged) {
  ASSERT_TRUE(etcd.put("authnz/cluster", R"({"id":"x","format":1,"state":"ready"})"));
  EXPECT_NE(refusal().find("authnz/cluster"), std::string::npos) << refusal();
}

TEST_F(founding_a_cluster, fails_in_one_line_when_nobody_answers) {
  server.kill();
  const auto why = refusal();
  EXPECT_NE(why.find(server.url()), std::string::npos) << why;
  EXPECT_EQ(why.find('\n'), std::string::npos);
}

TEST_F(founding_a_cluster, goes_on_while_members_come_and_go) {
  std::uint64_t told = 0;
  const auto id = found_cluster(*store, how, [&](std::uint64_t, std::uint64_t) {
    if (++told != 2) return;
    ASSERT_TRUE(server.restart());
  });
  ASSERT_TRUE(id) << id.error();
  EXPECT_EQ(uploaded(), content_of(*store));
}

TEST_F(founding_a_cluster, and_leaving_it_gives_the_same_records) {
  const auto before = content_of(*store);
  ASSERT_TRUE(found());
  const auto left = leave_with_store(*store, how, "gap", {});
  ASSERT_TRUE(left) << left.error();
  EXPECT_EQ(content_of(*store), before);
  EXPECT_TRUE(storage::projection(*store).mark().cluster.empty());
  EXPECT_EQ(samples::commit(*store, samples::put(slice::outbox, "later", "own")), storage::commit_result::applied);
  EXPECT_TRUE(store->read()->get(slice::ratelimits, "bucket")) << "the node's own";
}

TEST_F(founding_a_cluster, gives_every_store_that_follows_it_the_same_digests) {
  const auto id = found();
  ASSERT_TRUE(id) << id.error();
  samples::directory elsewhere;
  const auto other = samples::open(elsewhere.store());
  std::vector<storage::slice_digest> digests[2];
  int i = 0;
  for (auto* const one : {store.get(), other.get()}) {
    storage::projection projected(*one);
    const auto revision = rebuild_from_etcd(etcd, keys, projected, *id, "gap", {});
    ASSERT_TRUE(revision) << revision.error();
    EXPECT_EQ(projected.mark().applied, *revision);
    EXPECT_TRUE(projected.mark().whole);
    digests[i++] = storage::digest_slices(*one->read());
  }
  ASSERT_EQ(digests[0].size(), digests[1].size());
  for (std::size_t n = 0; n < digests[0].size(); ++n) EXPECT_EQ(digests[0][n].sha256, digests[1][n].sha256);
}

TEST_F(founding_a_cluster, a_rebuild_goes_on_at_a_newer_revision_when_its_own_is_compacted) {
  const auto id = found();
  ASSERT_TRUE(id) << id.error();
  bool compacted = false;
  storage::projection projected(*store);
  const auto revision = rebuild_from_etcd(etcd, keys, projected, *id, "gap", [&](std::uint64_t) {
    if (std::exchange(compacted, true)) return;
    const auto newest = etcd.put(keys.record(slice::outbox, "z"), "meanwhile");
    ASSERT_TRUE(newest);
    ASSERT_TRUE(etcd.compact(*newest));
  });
  ASSERT_TRUE(revision) << revision.error();
  EXPECT_EQ(content_of(*store), uploaded());
  EXPECT_TRUE(store->read()->get(slice::outbox, "z"));
}

class leaving_a_cluster : public founding_a_cluster {
 protected:
  void SetUp() override {
    founding_a_cluster::SetUp();
    ASSERT_TRUE(found());
    ASSERT_TRUE(etcd.put(keys.batch("n1"), "session"));
    ASSERT_TRUE(etcd.put(keys.part("n1", 0), ""));
    ASSERT_TRUE(etcd.put(keys.batch("n10"), "another's"));
  }
  std::string refusal() { return why(leave_with_store(*store, how, "gap", {})); }
};

TEST_F(leaving_a_cluster, forgets_what_etcd_knew_of_the_node_and_of_no_other) {
  ASSERT_TRUE(forget_node(how));
  EXPECT_TRUE(etcd.range(keys.batch("n1"))->records.empty());
  EXPECT_TRUE(etcd.range(keys.part("n1", 0))->records.empty());
  EXPECT_EQ(etcd.range(keys.batch("n10"))->records.size(), 1U);
}

TEST_F(leaving_a_cluster, takes_along_what_others_wrote) {
  ASSERT_TRUE(etcd.put(keys.record(slice::outbox, "z"), "another's"));
  const auto left = leave_with_store(*store, how, "gap", {});
  ASSERT_TRUE(left) << left.error();
  EXPECT_TRUE(store->read()->get(slice::outbox, "z"));
  EXPECT_TRUE(etcd.range(keys.batch("n1"))->records.empty());
}

TEST_F(leaving_a_cluster, takes_no_duties_along) {
  ASSERT_TRUE(etcd.put(keys.record(slice::marks, "duty/mail"), "n2"));
  ASSERT_TRUE(etcd.put(keys.record(slice::marks, "other"), "1"));
  ASSERT_TRUE(leave_with_store(*store, how, "gap", {}));
  EXPECT_FALSE(store->read()->get(slice::marks, "duty/mail"));
  EXPECT_TRUE(store->read()->get(slice::marks, "other"));
}

TEST_F(leaving_a_cluster, is_refused_while_the_node_is_registered) {
  ASSERT_TRUE(etcd.put(keys.member("n1"), "{}"));
  EXPECT_NE(refusal().find("registered"), std::string::npos) << refusal();
  EXPECT_FALSE(forget_node(how));
  EXPECT_EQ(etcd.range(keys.batch("n1"))->records.size(), 1U);
  EXPECT_FALSE(storage::projection(*store).mark().cluster.empty());
}

TEST_F(leaving_a_cluster, is_refused_to_a_store_of_another_cluster) {
  samples::directory elsewhere;
  const auto other = samples::open(elsewhere.store());
  auto second = how;
  second.prefix = "second";
  ASSERT_TRUE(found_cluster(*other, second, {}));
  const auto left = leave_with_store(*other, how, "gap", {});
  ASSERT_FALSE(left);
  EXPECT_NE(left.error().find("belongs to cluster"), std::string::npos) << left.error();
}

TEST_F(leaving_a_cluster, is_refused_to_a_store_that_is_in_none) {
  samples::directory elsewhere;
  EXPECT_FALSE(leave_with_store(*samples::open(elsewhere.store()), how, "gap", {}));
}

TEST_F(leaving_a_cluster, may_be_repeated_after_it_failed) {
  server.kill();
  EXPECT_FALSE(leave_with_store(*store, how, "gap", {}));
  ASSERT_TRUE(server.restart());
  const auto left = leave_with_store(*store, how, "gap", {});
  EXPECT_TRUE(left) << left.error();
}

TEST(founding_with_a_user, needs_no_right_beyond_the_prefix) {
  tests::etcd_server server({.tls = true, .authentication = true});
  ASSERT_TRUE(server.ok()) << server.error();
  options how;
  how.etcd = server.client_options();
  how.node = "n1";
  samples::directory directory;
  const auto store = samples::open(directory.store());
  samples::commit(*store, samples::put(slice::outbox, "m", "a message"));
  const auto id = found_cluster(*store, how, {});
  ASSERT_TRUE(id) << id.error();
  const auto left = leave_with_store(*store, how, "gap", {});
  EXPECT_TRUE(left) << left.error();
}

TEST(limits_of_etcd, are_probed_and_the_option_is_named) {
  tests::etcd_server wide, narrow({.options = {"--max-txn-ops", "1023"}});
  ASSERT_TRUE(wide.ok() && narrow.ok());
  const storage::cluster_keys keys("authnz");
  etcd::client one(wide.client_options()), other(narrow.client_options());
  EXPECT_TRUE(probe_limits(one, keys));
  const auto refused = probe_limits(other, keys);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("--max-txn-ops=1024"), std::string::npos) << refused.error();
}

TEST(identity_record, is_nothing_where_no_cluster_is) {
  tests::etcd_server server;
  ASSERT_TRUE(server.ok()) << server.error();
  etcd::client etcd(server.client_options());
  const auto who = read_identity(etcd, storage::cluster_keys("authnz"));
  ASSERT_TRUE(who) << who.error();
  EXPECT_FALSE(*who);
}

}  // namespace
}  // namespace authnz::net::cluster
