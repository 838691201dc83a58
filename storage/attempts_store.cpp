#include "storage/attempts_store.hpp"

#include "proto/token.hpp"
#include "storage/codec.hpp"

namespace authnz::storage {
namespace {

constexpr std::uint8_t attempts_version = 1;

std::string key_of(std::string_view address) {
  const auto hash = proto::sha256(address);
  return {hash.begin(), hash.end()};
}

std::string encode(const attempts& a) {
  return record_writer(attempts_version).u32(a.failures).time(a.last_failure).maybe_time(a.locked_until).take();
}

std::optional<attempts> decode(const view& v, const record& found) {
  record_reader in(found.value, attempts_version);
  attempts a;
  a.failures = in.u32();
  a.last_failure = in.time();
  a.locked_until = in.maybe_time();
  a.revision = found.revision;
  if (in.finished()) return a;
  v.report_fault();
  return std::nullopt;
}

}  // namespace

std::optional<attempts> find_attempts(const view& v, std::string_view normalised_address) {
  const auto found = v.get(slice::attempts, key_of(normalised_address));
  if (!found) return std::nullopt;
  return decode(v, *found);
}

void for_each_attempts(const view& v, std::string_view from,
                       const std::function<bool(std::string_view key, const attempts&)>& visit) {
  v.scan(slice::attempts, from, [&](std::string_view key, const record& found) {
    const auto a = decode(v, found);
    return !a || visit(key, *a);
  });
}

void put_attempts(mini_transaction& tx, std::string_view normalised_address, const std::optional<attempts>& before,
                  const attempts& after) {
  auto key = key_of(normalised_address);
  tx.expects.push_back({slice::attempts, key, before ? before->revision : 0});
  tx.writes.push_back({slice::attempts, std::move(key), encode(after)});
}

void expect_attempts(mini_transaction& tx, std::string_view normalised_address, const std::optional<attempts>& seen) {
  tx.expects.push_back({slice::attempts, key_of(normalised_address), seen ? seen->revision : 0});
}

void remove_attempts(mini_transaction& tx, std::string_view normalised_address, const attempts& removed) {
  remove_attempts_at(tx, key_of(normalised_address), removed);
}

void remove_attempts_at(mini_transaction& tx, std::string_view key, const attempts& removed) {
  tx.expects.push_back({slice::attempts, std::string(key), removed.revision});
  tx.writes.push_back({slice::attempts, std::string(key), std::nullopt});
}

}  // namespace authnz::storage
