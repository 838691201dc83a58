/// One HTTP request at a time to etcd's JSON gateway, by libcurl; connections
/// are kept between requests.
///
/// Server certificates are verified against the options' authority alone, host
/// names too. No proxies, no redirects.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "net/curl_handles.hpp"
#include "net/etcd/client.hpp"

namespace authnz::net::etcd {

/// How a request ended.
struct transfer_end {
  bool complete = false;  ///< the answer is there, whatever its status
  bool sent = false;      ///< a connection was made, and the request handed to it
  bool stopped = false;
  bool given_up = false;
  bool overflown = false;  ///< the sink refused more
  long status = 0;         ///< 0 = none came
  std::string error = {};  ///< one line, when it is not complete
};

class transfer {
 public:
  /// Gets the answer piece by piece; false = no more of it is wanted.
  using sink = std::function<bool(std::string_view)>;

  struct request {
    std::string url;
    std::string body;  ///< wiped at the end
    std::string token = {};
    std::chrono::milliseconds longest{0};  ///< 0 = it may last
    bool repeatable = false;               ///< may be sent again if a kept connection turns out to be dead
    bool needs_leader = false;             ///< etcd is to end it when the member loses the leader
  };

  explicit transfer(const options& o);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  /// Abandons what is under way.
  void begin(request r, sink into);
  /// Goes on for as long as `longest`, or until something has happened.
  /// Whether the request has ended.
  bool turn(std::chrono::milliseconds longest);
  const transfer_end& end() const { return end_; }
  void abandon();
  /// Ends the request under way as one that is not answered.
  void give_up(std::string why);

  /// Ends the request under way, and every later one. From any thread.
  void stop() noexcept;
  bool stopped() const noexcept { return stopped_; }

 private:
  static std::size_t take(char* data, std::size_t, std::size_t size, void* self);
  static int before_sending(void* self, char*, char*, int, int);
  void set_up(const options& o);
  void finish(CURLcode result);
  std::string explain(CURLcode result) const;

  std::unique_ptr<CURLM, freed_by<curl_multi_cleanup>> multi_{curl_multi_init()};
  easy_ptr easy_{curl_easy_init()};
  list_ptr headers_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::string ca_file_;
  std::string certificate_file_;
  std::string key_file_;
  std::atomic<bool> stopped_ = false;
  request request_;
  sink sink_;
  transfer_end end_;
  bool under_way_ = false;
  bool took_ = false;  ///< a piece of the answer, in this turn
  unsigned sendings_ = 0;
};

/// Without control characters, and not longer than a line of a log may be.
std::string one_line(std::string_view text);

}  // namespace authnz::net::etcd
