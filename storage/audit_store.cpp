#include "storage/audit_store.hpp"

#include "proto/token.hpp"
#include "storage/codec.hpp"

namespace authnz::storage {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view label = "authnzerver-audit-1";

std::string key_of(std::uint64_t number) {
  std::string key;
  append_u64(key, number);
  return key;
}

std::string encode(const audit_end& end, std::string_view text) {
  record_writer w(version);
  w.bytes(end.hash).bytes(text);
  return w.take();
}

/// Nothing when it is damaged, which leaves a fault behind.
std::optional<audit_record> decode(const view& v, std::string_view key, std::string_view value) {
  record_reader r(value, version);
  audit_record found;
  found.hash = r.bytes();
  found.text = r.bytes();
  const bool whole = r.finished() && found.hash.size() == audit_hash_size && key.size() == 8;
  if (!whole) return v.report_fault(), std::nullopt;
  found.number = leading_u64(key);
  return found;
}

audit_end beginning() { return {0, std::string(audit_hash_size, '\0')}; }

void step(audit_end& end, std::string_view text) {
  ++end.number;
  end.hash = audit_hash(end.hash, end.number, text);
}

}  // namespace

std::string audit_hash(std::string_view previous, std::uint64_t number, std::string_view text) {
  std::string all(label);
  append_u64(all, number);
  all.append(previous).append(text);
  const auto hash = proto::sha256(all);
  return {hash.begin(), hash.end()};
}

audit_end audit_anchor(const view& v) {
  const auto found = v.get(slice::meta, audit_anchor_key);
  if (!found) return beginning();
  record_reader r(found->value, version);
  audit_end anchor;
  anchor.number = r.u64();
  anchor.hash = r.bytes();
  if (!r.finished() || anchor.hash.size() != audit_hash_size) return v.report_fault(), beginning();
  return anchor;
}

audit_end last_audit_record(const view& v) {
  const auto key = v.last_key(slice::audit);
  if (!key) return audit_anchor(v);
  const auto found = v.get(slice::audit, *key);
  const auto record = found ? decode(v, *key, found->value) : std::nullopt;
  if (!record) return beginning();
  return {record->number, std::string(record->hash)};
}

void for_each_audit_record(const view& v, std::uint64_t first, const std::function<bool(const audit_record&)>& visit) {
  v.scan(slice::audit, key_of(first), [&](std::string_view key, const record& found) {
    const auto one = decode(v, key, found.value);
    return !one || visit(*one);
  });
}

audit_walk verify_audit(const view& v, const audit_end& from, std::uint64_t most) {
  audit_walk walk;
  walk.end = from;
  walk.complete = true;
  const auto broken = [&](std::uint64_t number, std::string why) {
    walk.broken = audit_break{number, std::move(why)};
    return false;
  };
  v.scan(slice::audit, key_of(from.number + 1), [&](std::string_view key, const record& found) {
    if (walk.records == most) return walk.complete = false;
    const auto one = decode(v, key, found.value);
    if (!one) return broken(walk.end.number + 1, "cannot be read");
    if (one->number != walk.end.number + 1) return broken(walk.end.number + 1, "is missing");
    step(walk.end, one->text);
    if (walk.end.hash != one->hash) return broken(one->number, "does not fit the record before it");
    ++walk.records;
    return true;
  });
  return walk;
}

void append_audit(draft& state, audit_end end, const std::vector<std::string>& events, std::uint64_t revision) {
  for (const auto& text : events) {
    step(end, text);
    state.put(slice::audit, key_of(end.number), revision, encode(end, text));
  }
}

void forget_audit(draft& state, std::uint64_t last, std::uint64_t revision) {
  std::vector<std::string> keys;
  audit_end anchor;
  for_each_audit_record(state, 0, [&](const audit_record& one) {
    if (one.number > last || keys.size() == most_audit_removals) return false;
    keys.push_back(key_of(one.number));
    anchor = {one.number, std::string(one.hash)};
    return true;
  });
  if (keys.empty()) return;
  for (const auto& key : keys) state.erase(slice::audit, key);
  record_writer w(version);
  w.u64(anchor.number).bytes(anchor.hash);
  state.put(slice::meta, audit_anchor_key, revision, w.take());
}

}  // namespace authnz::storage
