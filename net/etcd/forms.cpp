#include "net/etcd/forms.hpp"

#include <charconv>
#include <utility>

#include "proto/base64.hpp"

namespace authnz::net::etcd {
namespace {

void add_bytes(std::string& out, std::string_view bytes) {
  out += '"';
  proto::append_base64(out, bytes, proto::base64_alphabet::standard, proto::base64_padding::required);
  out += '"';
}

void add_key(std::string& out, std::string_view key, std::string_view end) {
  out += "{\"key\":";
  add_bytes(out, key);
  if (end.empty()) return;
  out += ",\"range_end\":";
  add_bytes(out, end);
}

template <class Number>
void add_number(std::string& out, std::string_view name, Number n) {
  if (n == 0) return;
  out.append(",\"").append(name).append("\":\"").append(std::to_string(n)).append("\"");
}

void add_range(std::string& out, const std::string& key, const range_options& how) {
  add_key(out, key, how.end);
  add_number(out, "limit", how.limit);
  add_number(out, "revision", how.revision);
  if (how.keys_only) out += ",\"keys_only\":true";
  if (how.serializable) out += ",\"serializable\":true";
  out += '}';
}

void add_put(std::string& out, const std::string& key, const std::string& value, std::int64_t lease) {
  add_key(out, key, {});
  out += ",\"value\":";
  add_bytes(out, value);
  add_number(out, "lease", lease);
  out += '}';
}

void add_transaction(std::string& out, const transaction& t);

void add_operation(std::string& out, const operation& o) {
  switch (o.what) {
    case operation::kind::put:
      out += "{\"request_put\":";
      add_put(out, o.key, o.value, o.lease);
      break;
    case operation::kind::erase:
      out += "{\"request_delete_range\":";
      add_key(out, o.key, o.range.end);
      out += '}';
      break;
    case operation::kind::range:
      out += "{\"request_range\":";
      add_range(out, o.key, o.range);
      break;
    case operation::kind::nested:
      out += "{\"request_txn\":";
      add_transaction(out, o.inner ? *o.inner : transaction{});
      break;
  }
  out += '}';
}

template <class List, class Add>
void add_list(std::string& out, std::string_view name, const List& list, const Add& add) {
  out.append("\"").append(name).append("\":[");
  bool first = true;
  for (const auto& item : list) {
    if (!std::exchange(first, false)) out += ',';
    add(out, item);
  }
  out += ']';
}

void add_compare(std::string& out, const compare& c) {
  add_key(out, c.key, {});
  out += R"(,"target":"MOD","result":"EQUAL","mod_revision":")" + std::to_string(c.revision) + "\"}";
}

void add_transaction(std::string& out, const transaction& t) {
  out += '{';
  add_list(out, "compare", t.compares, add_compare);
  out += ',';
  add_list(out, "success", t.then, add_operation);
  out += ',';
  add_list(out, "failure", t.otherwise, add_operation);
  out += '}';
}

std::size_t size_of(const transaction& t) {
  std::size_t size = 100;
  for (const auto& c : t.compares) size += c.key.size() * 4 / 3 + 90;
  for (const auto* const branch : {&t.then, &t.otherwise})
    for (const auto& o : *branch)
      size += o.inner ? size_of(*o.inner) : (o.key.size() + o.value.size() + o.range.end.size()) * 4 / 3 + 110;
  return size;
}

template <class Number>
std::optional<Number> parse_number(const json& object, const char* name) {
  const json* const found = member_of(object, name);
  if (found == nullptr) return Number{0};
  if (found->is_number_unsigned() || found->is_number_integer()) return found->get<Number>();
  if (!found->is_string()) return std::nullopt;
  const auto& text = found->get_ref<const std::string&>();
  Number n = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (trouble != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// Absent = empty.
bool read_bytes(const json& object, const char* name, std::string& into) {
  const json* const found = member_of(object, name);
  into.clear();
  if (found == nullptr) return true;
  return found->is_string() && proto::decode_base64_skipping(found->get_ref<const std::string&>(), into);
}

bool read_key_value(const json& from, key_value& into) {
  const auto created = number_of(from, "create_revision"), changed = number_of(from, "mod_revision");
  const auto lease = signed_number_of(from, "lease");
  if (!created || !changed || !lease) return false;
  into.create_revision = *created;
  into.mod_revision = *changed;
  into.lease = *lease;
  return read_bytes(from, "key", into.key) && read_bytes(from, "value", into.value);
}

bool read_branch(const json& answer, const transaction& t, transaction_answer& into) {
  into.succeeded = truth_of(answer, "succeeded");
  const auto& branch = into.succeeded ? t.then : t.otherwise;
  const json* const responses = member_of(answer, "responses");
  if (responses == nullptr) return branch.empty();
  if (!responses->is_array() || responses->size() != branch.size()) return false;
  into.answers.resize(branch.size());
  for (std::size_t i = 0; i < branch.size(); ++i) {
    const json& response = (*responses)[i];
    const auto kind = branch[i].what;
    const char* const name = kind == operation::kind::range    ? "response_range"
                             : kind == operation::kind::nested ? "response_txn"
                             : kind == operation::kind::put    ? "response_put"
                                                               : "response_delete_range";
    const json* const found = member_of(response, name);
    if (found == nullptr) return false;
    if (kind == operation::kind::range && !read_range(*found, into.answers[i].range)) return false;
    if (kind != operation::kind::nested) continue;
    auto inner = std::make_shared<transaction_answer>();
    if (!branch[i].inner || !read_branch(*found, *branch[i].inner, *inner)) return false;
    into.answers[i].inner = std::move(inner);
  }
  return true;
}

}  // namespace

std::string range_request(const std::string& key, const range_options& how) {
  std::string out;
  add_range(out, key, how);
  return out;
}

std::string put_request(const std::string& key, const std::string& value, std::int64_t lease) {
  std::string out;
  add_put(out, key, value, lease);
  return out;
}

std::string transaction_request(const transaction& t) {
  std::string out;
  out.reserve(size_of(t));
  add_transaction(out, t);
  return out;
}

std::string watch_request(const std::string& key, const std::string& end, std::uint64_t from_revision) {
  std::string out = "{\"create_request\":";
  add_key(out, key, end);
  add_number(out, "start_revision", from_revision);
  return out + ",\"fragment\":true}}";
}

const json* member_of(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> number_of(const json& object, const char* name) {
  return parse_number<std::uint64_t>(object, name);
}

std::optional<std::int64_t> signed_number_of(const json& object, const char* name) {
  return parse_number<std::int64_t>(object, name);
}

std::string text_of(const json& object, const char* name) {
  const json* const found = member_of(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

bool truth_of(const json& object, const char* name) {
  const json* const found = member_of(object, name);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

namespace {

std::uint64_t header_number(const json& answer, const char* name) {
  const json* const header = member_of(answer, "header");
  return header == nullptr ? 0 : number_of(*header, name).value_or(0);
}

}  // namespace

std::uint64_t header_revision(const json& answer) { return header_number(answer, "revision"); }
std::uint64_t header_term(const json& answer) { return header_number(answer, "raft_term"); }

bool read_range(const json& answer, range_answer& into) {
  const auto count = number_of(answer, "count");
  if (!answer.is_object() || !count) return false;
  into.revision = header_revision(answer);
  into.count = *count;
  into.more = truth_of(answer, "more");
  const json* const records = member_of(answer, "kvs");
  if (records == nullptr) return true;
  if (!records->is_array()) return false;
  into.records.resize(records->size());
  for (std::size_t i = 0; i < records->size(); ++i)
    if (!read_key_value((*records)[i], into.records[i])) return false;
  return true;
}

bool read_transaction(const json& answer, const transaction& t, transaction_answer& into) {
  into.revision = header_revision(answer);
  return into.revision != 0 && read_branch(answer, t, into);
}

bool read_event(const json& from, event& into) {
  const json* const record = member_of(from, "kv");
  if (record == nullptr) return false;
  const auto revision = number_of(*record, "mod_revision");
  if (!revision || *revision == 0 || !read_bytes(*record, "key", into.key)) return false;
  into.revision = *revision;
  if (text_of(from, "type") == "DELETE") return into.value.reset(), true;
  return read_bytes(*record, "value", into.value.emplace());
}

}  // namespace authnz::net::etcd
