/// Reads one HTTP/1 request from a connection's bytes and judges its head:
/// host, path and method, in this order (contract, section 2; RFC 9112).
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "net/allowed_hosts.hpp"
#include "proto/error.hpp"

namespace authnz::net {

/// What a path leads to.
enum class route : std::uint8_t { nowhere, requests, health, health_live, health_ready, metrics };

/// Whom a port serves, and so which paths and methods it knows.
enum class audience : std::uint8_t {
  frontends,  ///< requests by POST, health by GET
  operators,  ///< metrics and the O(1) parts of health, by GET and HEAD
};

/// The only method of a frontend's route, for `Allow`; empty for `nowhere`.
constexpr std::string_view method_of(route r) noexcept {
  return r == route::nowhere ? "" : r == route::requests ? "POST" : "GET";
}

/// Lives for one request. Fed by `put`; the body is appended to a buffer of the
/// connection's. A refused request's body is read over, so that the connection
/// stays in step.
class http_request final : public boost::beast::http::basic_parser<true> {
 public:
  /// `max_header` and `max_body` in bytes; `body` is cleared.
  http_request(const allowed_hosts& hosts, std::size_t max_header, std::size_t max_body, std::string& body,
               audience whose = audience::frontends);

  /// Why the request is refused; nothing while nothing speaks against it.
  /// After `put` failed there always is a reason.
  std::optional<proto::http_status> refusal() const noexcept { return refusal_; }
  /// Takes note that the bytes are no HTTP.
  void malformed() noexcept {
    if (!refusal_) refusal_ = proto::http_status::bad_request;
  }

  route leads_to() const noexcept { return route_; }
  bool is_head() const noexcept { return is_head_; }
  /// Whether the connection may serve another request after this one; HTTP/1.0 ends here.
  bool stays_open() const noexcept { return version_ >= 11 && keep_alive(); }
  /// The client waits for `100 Continue` before it sends the body.
  bool expects_continue() const noexcept { return expects_continue_; }

 private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb method, text method_text, text target, int version,
                       error_code& ec) override;
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field name, text, text value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, error_code& ec) override;
  std::size_t on_body_impl(text piece, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, text, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t, text piece, error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  void read_target(std::string_view target);
  bool may_be_asked_by_method() const noexcept;
  void expect_body(std::uint64_t size, error_code& ec);

  const allowed_hosts& hosts_;
  std::string& body_;
  audience whose_;
  std::uint64_t body_left_;
  std::uint64_t declared_length_ = 0;
  std::optional<proto::http_status> refusal_;
  std::optional<bool> host_allowed_;
  boost::beast::http::verb method_{};
  route route_ = route::nowhere;
  int version_ = 0;
  bool head_done_ = false;
  bool host_in_target_ = false;
  bool seen_host_ = false;
  bool is_head_ = false;
  bool expects_continue_ = false;
};

}  // namespace authnz::net
