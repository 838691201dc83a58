#include "net/cluster/registration.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "proto/time.hpp"
#include "proto/token.hpp"

namespace authnz::net::cluster {

namespace {

using etcd::failure;
using etcd::operation;

// etcd's clock and this one may run a little apart.
constexpr std::chrono::milliseconds margin{500};
constexpr std::chrono::milliseconds last_words_take{1000};

std::string now_as_text() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return proto::format_time(std::chrono::time_point_cast<std::chrono::microseconds>(now)) + "Z";
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string random_session() {
  std::array<unsigned char, 16> random{};
  proto::random_bytes(random);
  return proto::uuid4(std::span<const unsigned char, 16>(random));
}

std::string encode_registrant(const registrant& r) {
  nlohmann::ordered_json object{
      {"address", r.address}, {"version", r.version}, {"started", r.started}, {"session", r.session}};
  if (!r.link.empty()) object["link"] = r.link;
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

registrant decode_registrant(std::string_view value) {
  const auto object = nlohmann::json::parse(value, nullptr, false);
  if (!object.is_object()) return {};
  return {text_of(object, "address"), text_of(object, "version"), text_of(object, "started"),
          text_of(object, "session"), text_of(object, "link")};
}

registration::registration(etcd::client& etcd, const storage::cluster_keys& keys, const options& o)
    : etcd_(etcd),
      keys_(keys),
      how_(o.etcd),
      node_(o.node),
      ttl_(o.lease),
      self_{o.address, o.version, now_as_text(), o.session.empty() ? random_session() : o.session, o.link} {}

etcd::outcome<std::optional<registrant>> registration::make() {
  const auto found = etcd_.range(keys_.member(node_));
  if (!found) return tl::unexpected(found.error());
  if (!found->records.empty()) {
    const auto& there = found->records.front();
    if (lease_ == 0 || there.lease != lease_) return decode_registrant(there.value);
    revision_ = there.mod_revision;
    return std::nullopt;
  }
  return put();
}

etcd::outcome<std::optional<registrant>> registration::put() {
  if (lease_ == 0) {
    const auto sent = boot_clock::now();
    const auto granted = etcd_.grant_lease(ttl_);
    if (!granted) return tl::unexpected(granted.error());
    lease_ = *granted;
    certain_until_ = sent + ttl_ - margin;
  }
  const auto key = keys_.member(node_);
  const auto done =
      etcd_.commit({{{key, 0}}, {operation::put(key, encode_registrant(self_), lease_)}, {operation::get(key)}});
  if (!done) {
    // Such as a lease that has ended meanwhile.
    if (done.error().what == failure::kind::refused) lease_ = 0;
    return tl::unexpected(done.error());
  }
  if (!done->succeeded) {
    give_back();
    const auto& there = done->answers.at(0).range.records;
    return there.empty() ? registrant{} : decode_registrant(there.front().value);
  }
  revision_ = done->revision;
  return std::nullopt;
}

etcd::outcome<bool> registration::keep() {
  const auto sent = boot_clock::now();
  const auto left = etcd_.keep_lease(lease_);
  if (!left) return tl::unexpected(left.error());
  if (left->count() <= 0) {
    lease_ = 0;
    revision_ = 0;
    return false;
  }
  certain_until_ = sent + *left - margin;
  return true;
}

void registration::give_back() {
  revision_ = 0;
  const auto lease = std::exchange(lease_, 0);
  if (lease == 0) return;
  auto how = how_;
  how.request_time = std::min(how.request_time, last_words_take);
  etcd::client(std::move(how)).revoke_lease(lease);
}

}  // namespace authnz::net::cluster
