#include "net/http_request.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>

namespace authnz::net {

namespace http = boost::beast::http;
using proto::http_status;

namespace {

route route_of(std::string_view path, audience whose) noexcept {
  if (path == "/health/live") return route::health_live;
  if (path == "/health/ready") return route::health_ready;
  if (whose == audience::operators) return path == "/metrics" ? route::metrics : route::nowhere;
  if (path == "/") return route::requests;
  if (path == "/health") return route::health;
  return route::nowhere;
}

std::string_view view(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

}  // namespace

http_request::http_request(const allowed_hosts& hosts, std::size_t max_header, std::size_t max_body, std::string& body,
                           audience whose)
    : hosts_(hosts), body_(body), whose_(whose), body_left_(max_body) {
  body_.clear();
  header_limit(static_cast<std::uint32_t>(max_header));
  // The parser's own limit would be judged before host, path and method.
  body_limit(boost::none);
  eager(true);
}

void http_request::on_request_impl(http::verb method, text, text target, int version, error_code&) {
  method_ = method;
  version_ = version;
  is_head_ = method == http::verb::head;
  read_target(view(target));
}

// A target is a path, or a whole URL whose host then replaces the Host field
// (RFC 9112, section 3.2.2).
void http_request::read_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!boost::beast::iequals(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto host = target.substr(0, target.find_first_of("/?"));
    host_allowed_ = hosts_.contains(host);
    host_in_target_ = true;
    target.remove_prefix(host.size());
    if (target.empty() || target.front() == '?') target = "/";
    break;
  }
  route_ = route_of(target.substr(0, target.find('?')), whose_);
}

bool http_request::may_be_asked_by_method() const noexcept {
  if (whose_ == audience::operators && is_head_) return true;
  return method_ == (route_ == route::requests ? http::verb::post : http::verb::get);
}

void http_request::on_field_impl(http::field name, text, text value, error_code& ec) {
  if (head_done_) return;  // trailers say nothing that counts here
  if (name == http::field::host) {
    if (seen_host_) ec = http::error::bad_field;
    seen_host_ = true;
    if (!host_in_target_) host_allowed_ = hosts_.contains(view(value));
  } else if (name == http::field::expect) {
    expects_continue_ = boost::beast::iequals(value, "100-continue");
  } else if (name == http::field::content_length) {
    // The parser has judged it; of several equal numbers the first will do.
    std::from_chars(value.data(), value.data() + value.size(), declared_length_);
  } else if (name == http::field::transfer_encoding) {
    // Another coding than this would leave the body's end unknown.
    if (!boost::beast::iequals(value, "chunked")) ec = http::error::bad_transfer_encoding;
  }
}

void http_request::on_header_impl(error_code& ec) {
  head_done_ = true;
  if (!seen_host_ && version_ >= 11)
    ec = http::error::bad_field;
  else if (!host_allowed_.value_or(false) || route_ == route::nowhere)
    refusal_ = http_status::not_found;
  else if (!may_be_asked_by_method())
    refusal_ = http_status::method_not_allowed;
  // Not left to on_body_init_impl, which waits for the body's first byte.
  if (!ec) expect_body(declared_length_, ec);
}

void http_request::expect_body(std::uint64_t size, error_code& ec) {
  if (size <= body_left_) return;
  if (!refusal_) refusal_ = http_status::payload_too_large;
  ec = http::error::body_limit;
}

void http_request::on_body_init_impl(const boost::optional<std::uint64_t>& content_length, error_code& ec) {
  if (!content_length) return;
  expect_body(*content_length, ec);
  if (!ec && !refusal_) body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*content_length, 65536)));
}

std::size_t http_request::on_body_impl(text piece, error_code&) {
  if (!refusal_) body_.append(piece.data(), piece.size());
  return piece.size();
}

void http_request::on_chunk_header_impl(std::uint64_t size, text, error_code& ec) {
  expect_body(size, ec);
  if (!ec) body_left_ -= size;
}

std::size_t http_request::on_chunk_body_impl(std::uint64_t, text piece, error_code& ec) {
  return on_body_impl(piece, ec);
}

}  // namespace authnz::net
