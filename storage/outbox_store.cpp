#include "storage/outbox_store.hpp"

#include "storage/codec.hpp"

namespace authnz::storage {
namespace {

constexpr std::uint8_t outbox_version = 1;

std::string encode(const outbox_entry& e) {
  return record_writer(outbox_version)
      .i64(e.user_id)
      .u8(e.kind)
      .time(e.created)
      .maybe_time(e.sent_before)
      .u32(e.tries)
      .time(e.next_try)
      .bytes(e.sealed)
      .take();
}

std::optional<outbox_entry> decode(const view& v, std::string_view key, const record& found) {
  record_reader in(found.value, outbox_version);
  outbox_entry e;
  e.key = key;
  e.user_id = in.i64();
  e.kind = in.u8();
  e.created = in.time();
  e.sent_before = in.maybe_time();
  e.tries = in.u32();
  e.next_try = in.time();
  e.sealed = in.bytes();
  e.revision = found.revision;
  if (in.finished()) return e;
  v.report_fault();
  return std::nullopt;
}

}  // namespace

std::optional<outbox_entry> find_mail(const view& v, std::string_view key) {
  const auto found = v.get(slice::outbox, key);
  if (!found) return std::nullopt;
  return decode(v, key, *found);
}

void for_each_mail(const view& v, const std::function<bool(const outbox_entry&)>& visit) {
  for_each_mail(v, {}, visit);
}

void for_each_mail(const view& v, std::string_view from, const std::function<bool(const outbox_entry&)>& visit) {
  v.scan(slice::outbox, from, [&](std::string_view key, const record& found) {
    const auto e = decode(v, key, found);
    return !e || visit(*e);
  });
}

void add_mail(mini_transaction& tx, const outbox_entry& added) {
  tx.expects.push_back({slice::outbox, added.key, 0});
  tx.writes.push_back({slice::outbox, added.key, encode(added)});
}

void replace_mail(mini_transaction& tx, const outbox_entry& before, const outbox_entry& after) {
  tx.expects.push_back({slice::outbox, before.key, before.revision});
  tx.writes.push_back({slice::outbox, before.key, encode(after)});
}

void remove_mail(mini_transaction& tx, const outbox_entry& removed) {
  tx.expects.push_back({slice::outbox, removed.key, removed.revision});
  tx.writes.push_back({slice::outbox, removed.key, std::nullopt});
}

}  // namespace authnz::storage
