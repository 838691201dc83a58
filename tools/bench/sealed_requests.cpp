#include "tools/bench/sealed_requests.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "proto/base64.hpp"
#include "proto/json_text.hpp"
#include "proto/token.hpp"

namespace authnz::bench {

namespace {

constexpr std::uint64_t batch = 1024;
constexpr std::string_view payload_end = R"(","client_ipaddr":"127.0.0.1"})";
constexpr std::string_view head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";

}  // namespace

tl::expected<sealed_requests, std::string> sealed_requests::make(std::string_view key, std::string_view request,
                                                                 std::string_view body) {
  auto keys = proto::keyring::parse(key);
  if (!keys) return tl::unexpected(keys.error());
  sealed_requests r(*keys);
  r.payload_head_ = R"({"request":)";
  proto::append_quoted(r.payload_head_, request);
  // The number that follows always has as many digits, so that all requests
  // are of one length.
  ((r.payload_head_ += R"(,"body":)") += body) += R"(,"reqid":")";
  return r;
}

void sealed_requests::prepare(std::uint64_t n) {
  made_ahead_.clear();
  made_ahead_.shrink_to_fit();
  at_ = 0;
  fill(n);
}

void sealed_requests::fill(std::uint64_t n) {
  std::string payload;
  std::string sealed;
  std::array<char, 24> number{};
  for (std::uint64_t i = 0; i < n; ++i) {
    std::snprintf(number.data(), number.size(), "%012llu", static_cast<unsigned long long>(++made_));
    ((payload = payload_head_) += number.data()) += payload_end;
    envelope_.seal(payload, keys_->keys().front(), std::time(nullptr), sealed);
    const auto before = made_ahead_.size();
    ((made_ahead_ += head) += std::to_string(sealed.size())) += "\r\n\r\n";
    made_ahead_ += sealed;
    stride_ = made_ahead_.size() - before;
    if (i == 0) made_ahead_.reserve(n * stride_);
  }
}

std::string_view sealed_requests::next() {
  if (at_ == made_ahead_.size()) {
    // A connection may not have sent all of its last one yet.
    before_.swap(made_ahead_);
    made_ahead_.clear();
    at_ = 0;
    fill(batch);
  }
  const std::string_view all = made_ahead_;
  const auto request = all.substr(at_, stride_);
  at_ += stride_;
  return request;
}

tl::expected<std::string, std::string> sealed_requests::open(std::string_view answer_body) {
  const auto opened = envelope_.open(answer_body);
  if (!opened) return tl::unexpected(std::string("the answer cannot be opened with the key"));
  return std::string(opened->payload);
}

std::string new_key() {
  std::array<unsigned char, proto::fernet_key::size> bytes{};
  proto::random_bytes(bytes);
  const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return proto::base64_url(view, proto::base64_padding::required);
}

}  // namespace authnz::bench
