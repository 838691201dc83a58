#include "storage/ratelimit_store.hpp"

#include "storage/codec.hpp"

namespace authnz::storage {
namespace {

constexpr std::uint8_t bucket_version = 1;
constexpr std::uint8_t secret_version = 1;
constexpr std::string_view secret_key = "secret";

std::string encode(const rate_bucket& b) {
  return record_writer(bucket_version)
      .u8(static_cast<std::uint8_t>(b.scope))
      .bytes(b.request)
      .time(b.created)
      .u32(b.left)
      .u32(b.steps)
      .u32(b.noted)
      .take();
}

std::optional<rate_bucket> decode(const view& v, std::string_view key, const record& found) {
  record_reader in(found.value, bucket_version);
  rate_bucket b;
  b.key = key;
  b.scope = static_cast<rate_scope>(in.u8());
  b.request = in.bytes();
  b.created = in.time();
  b.left = in.u32();
  b.steps = in.u32();
  b.noted = in.u32();
  if (in.finished() && b.scope < rate_scope::count_) return b;
  v.report_fault();
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_rate_secret(const view& v) {
  const auto found = v.get(slice::ratelimits, secret_key);
  if (!found) return std::nullopt;
  record_reader in(found->value, secret_version);
  const auto secret = in.bytes();
  if (in.finished()) return std::string(secret);
  v.report_fault();
  return std::nullopt;
}

void for_each_rate_bucket(const view& v, const std::function<bool(const rate_bucket&)>& visit) {
  v.scan(slice::ratelimits, {}, [&](std::string_view key, const record& found) {
    if (key == secret_key) return true;
    const auto b = decode(v, key, found);
    return !b || visit(*b);
  });
}

void put_rate_secret(mini_transaction& tx, std::string_view secret) {
  tx.writes.push_back({slice::ratelimits, std::string(secret_key), record_writer(secret_version).bytes(secret).take()});
}

void put_rate_bucket(mini_transaction& tx, const rate_bucket& b) {
  tx.writes.push_back({slice::ratelimits, b.key, encode(b)});
}

void remove_rate_bucket(mini_transaction& tx, std::string_view key) {
  tx.writes.push_back({slice::ratelimits, std::string(key), std::nullopt});
}

}  // namespace authnz::storage
