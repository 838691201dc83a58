/// Records, directories and short cuts that the tests of the store share.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "storage/apikey_store.hpp"
#include "storage/codec.hpp"
#include "storage/environment.hpp"
#include "storage/ratelimit_store.hpp"
#include "storage/session_store.hpp"
#include "storage/user_store.hpp"

namespace authnz::storage::samples {

/// A new directory below the system's temporary one, gone with this value.
class directory {
 public:
  directory() {
    auto name = (std::filesystem::temp_directory_path() / "authnz-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::filesystem::filesystem_error("mkdtemp", std::error_code());
    path_ = name;
  }
  ~directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Where an environment is to be made.
  std::filesystem::path store() const { return path_ / "store.lmdb"; }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<environment> open(const std::filesystem::path& path, environment_options options = {}) {
  auto opened = environment::open(path, options);
  if (!opened) throw std::runtime_error(opened.error());
  return std::move(*opened);
}

inline commit_result commit(store& into, const mini_transaction& tx) {
  const mini_transaction* const one = &tx;
  return into.commit(std::span(&one, 1)).front();
}

inline std::vector<commit_result> commit_all(store& into, const std::vector<mini_transaction>& batch) {
  std::vector<const mini_transaction*> pointers;
  pointers.reserve(batch.size());
  for (const auto& tx : batch) pointers.push_back(&tx);
  return into.commit(pointers);
}

/// Writes whatever is there.
inline mini_transaction put(slice in, std::string key, std::string value) {
  return {{}, {{in, std::move(key), std::move(value)}}};
}
inline mini_transaction erase(slice in, std::string key) { return {{}, {{in, std::move(key), std::nullopt}}}; }
/// Writes only if the key is absent (0), or has that revision.
inline mini_transaction put_if(slice in, const std::string& key, std::uint64_t revision, std::string value) {
  return {{{in, key, revision}}, {{in, key, std::move(value)}}};
}

inline std::vector<std::string> keys_of(const view& v, slice in, std::string_view from = {}) {
  std::vector<std::string> keys;
  v.scan(in, from, [&](std::string_view key, const record&) {
    keys.emplace_back(key);
    return true;
  });
  return keys;
}

inline proto::timestamp at(std::int64_t seconds) { return proto::timestamp{std::chrono::seconds{seconds}}; }

/// Shaped as proto::token_key makes them: 40 bytes, in the order of `number`.
inline std::string session_key(std::uint64_t number) {
  std::string key;
  append_u64(key, number);
  return key + std::string(32, static_cast<char>('a' + number % 26));
}

inline session make_session(std::uint64_t number, std::int64_t user_id, std::int64_t expires = 1000) {
  session s;
  s.key = session_key(number);
  s.user_id = user_id;
  s.epoch = 3;
  s.ip_address = "192.0.2.7";
  s.user_agent = "a browser";
  s.created = at(100);
  s.expires = at(expires);
  s.extra_info = R"({"theme":"dark"})";
  return s;
}

/// A key that is tied to a session.
inline apikey make_session_apikey(std::uint64_t number, std::int64_t user_id, std::int64_t expires = 1000) {
  apikey k;
  k.key = session_key(number);
  k.user_id = user_id;
  k.epoch = 3;
  k.role = "authenticated";
  k.claims = R"({"iss":"auth.example.org","uid":7})";
  k.not_before = at(50);
  k.expires = at(expires);
  k.session = session_key(900 + number);
  return k;
}

/// A key without a session, the first of its family unless another is named.
inline apikey make_apikey(std::uint64_t number, std::int64_t user_id, std::int64_t expires = 1000,
                          std::int64_t refresh_expires = 2000) {
  auto k = make_session_apikey(number, user_id, expires);
  k.session.clear();
  k.refreshed_by = refresh{.family = k.key,
                           .token_hash = std::string(32, 'h'),
                           .not_before = at(60),
                           .expires = at(refresh_expires),
                           .used = false};
  return k;
}

inline rate_bucket make_rate_bucket(char name) {
  return {.key = std::string(16, name),
          .scope = rate_scope::shared,
          .request = "user-new",
          .created = at(70),
          .left = 4,
          .steps = 2,
          .noted = 121};
}

inline user make_user(std::int64_t id) {
  user u;
  u.id = id;
  u.system_id = "system-" + std::to_string(id);
  u.full_name = "User " + std::to_string(id);
  u.email = "user" + std::to_string(id) + "@example.org";
  u.password_hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA";
  u.role = "authenticated";
  u.verified = true;
  u.created = at(10);
  u.updated = at(20);
  u.last_login_try = at(30);
  u.emailverify_sent = at(-5);
  u.extra_info = R"({"provenance":"request-created"})";
  u.verify_retry_wait_hours = 7;
  u.session_epoch = 4;
  u.apikey_epoch = 5;
  u.session_apikey_epoch = 6;
  return u;
}

}  // namespace authnz::storage::samples
