/// A cluster of stores over real etcd members, without daemons.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/cluster/cluster_store.hpp"
#include "net/etcd/shared_login.hpp"
#include "storage/audit_store.hpp"
#include "storage/cluster_keys.hpp"
#include "tests/cluster/etcd_server.hpp"

namespace authnz::tests {

using net::cluster::cluster_state;
using net::cluster::cluster_store;
using net::cluster::consistency;
using storage::commit_result;
using storage::mini_transaction;
using storage::slice;

inline constexpr const char* cluster_id = "00112233445566778899aabbccddeeff";

/// Waits at most 20 s; whether it came true.
inline bool eventually(const std::function<bool()>& is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

/// Makes an empty cluster, as `authnzctl cluster init` would.
inline void found(etcd_server& etcd, const std::string& id = cluster_id) {
  net::etcd::client client(etcd.client_options());
  const storage::cluster_keys keys("authnz");
  ASSERT_TRUE(client.put(keys.head(), "founded").has_value());
  ASSERT_TRUE(
      client
          .put(keys.identity(), R"({"id":")" + id + R"(","format":1,"state":"ready","created":"2026-01-01T00:00:00Z"})")
          .has_value());
}

/// One node's directory, environment and cluster_store.
class cluster_node {
 public:
  cluster_node(etcd_server& etcd, const std::string& name, consistency reads = consistency::bounded) {
    auto path = (std::filesystem::temp_directory_path() / "authnz-cluster-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    directory_ = path;
    how_.etcd = etcd.client_options();
    how_.etcd.health = std::make_shared<net::etcd::member_health>(how_.etcd.endpoints.size());
    how_.etcd.login = std::make_shared<net::etcd::shared_login>();
    how_.node = name;
    how_.reads = reads;
    open();
  }
  ~cluster_node() {
    close();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  cluster_node(const cluster_node&) = delete;
  cluster_node& operator=(const cluster_node&) = delete;

  void open() {
    auto opened = storage::environment::open(directory_ / "store.lmdb");
    if (!opened) throw std::runtime_error(opened.error());
    env = std::move(*opened);
    store = std::make_unique<cluster_store>(
        *env, how_, [](const std::string&, const std::string&) {}, [] { return std::string("gap"); });
  }
  void close() {
    store.reset();
    env.reset();
  }
  /// The error of its start, empty if it joined.
  std::string start() {
    const auto done = store->start();
    return done ? std::string() : done.error();
  }
  net::cluster::options& options() { return how_; }
  const std::filesystem::path& directory() const { return directory_; }

  commit_result commit(const mini_transaction& tx) { return commit_all({tx}).front(); }
  std::vector<commit_result> commit_all(const std::vector<mini_transaction>& all) {
    std::vector<const mini_transaction*> batch;
    for (const auto& tx : all) batch.push_back(&tx);
    return store->commit(batch);
  }
  std::string value(slice in, const std::string& key) {
    const auto view = store->read();
    const auto found = view->get(in, key);
    return found ? std::string(found->value) : std::string();
  }
  std::uint64_t revision(slice in, const std::string& key) {
    const auto view = store->read();
    const auto found = view->get(in, key);
    return found ? found->revision : 0;
  }
  bool has(slice in, const std::string& key, const std::string& wanted) {
    return eventually([&] { return value(in, key) == wanted; });
  }

  std::unique_ptr<storage::environment> env;
  std::unique_ptr<cluster_store> store;

 private:
  std::filesystem::path directory_;
  net::cluster::options how_;
};

inline mini_transaction putting(const std::string& key, const std::string& value, slice in = slice::emails) {
  mini_transaction tx;
  tx.writes.push_back({in, key, value});
  return tx;
}
inline mini_transaction replacing(const std::string& key, std::uint64_t expected, const std::string& value,
                                  slice in = slice::emails) {
  auto tx = putting(key, value, in);
  tx.expects.push_back({in, key, expected});
  return tx;
}

/// Of the node's audit trail.
inline std::vector<std::string> events_of(cluster_node& node) {
  std::vector<std::string> texts;
  const auto view = node.env->read();
  storage::for_each_audit_record(*view, 1, [&](const storage::audit_record& r) {
    texts.emplace_back(r.text);
    return true;
  });
  return texts;
}

/// Whom an exchange is answered.
class answers final : public proto::reply_sink {
 public:
  void deliver(std::uint64_t, proto::reply&& answer) noexcept override {
    const std::lock_guard lock(mutex_);
    statuses_.push_back(answer.status);
  }
  std::vector<proto::http_status> statuses() const {
    const std::lock_guard lock(mutex_);
    return statuses_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<proto::http_status> statuses_;
};

}  // namespace authnz::tests
