#include "net/etcd/transfer.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <new>
#include <utility>

namespace authnz::net::etcd {
namespace {

using std::chrono::milliseconds;

constexpr long keep_alive_idle_s = 5;
constexpr long keep_alive_every_s = 2;

// TLS 1.3 has the server judge the client's certificate after the client's
// handshake is over: the refusal arrives in place of the answer.
bool is_refusal_of_certificate(std::string_view text) {
  for (const std::string_view alert :
       {"certificate required", "bad certificate", "unknown ca", "certificate expired", "certificate unknown",
        "certificate revoked", "unsupported certificate", "access denied"})
    if (text.find("alert " + std::string(alert)) != std::string_view::npos) return true;
  return false;
}

list_ptr headers_of(const transfer::request& r) {
  curl_slist* list = nullptr;
  // Each answers with the list's first, or with nothing and leaves the list.
  const auto add = [&](const std::string& line) {
    if (curl_slist* const longer = curl_slist_append(list, line.c_str()); longer != nullptr) list = longer;
  };
  add("Content-Type: application/json");
  add("Expect:");
  if (!r.token.empty()) add("Authorization: " + r.token);
  if (r.needs_leader) add("Grpc-Metadata-hasleader: true");
  return list_ptr(list);
}

}  // namespace

std::string one_line(std::string_view text) {
  constexpr std::size_t longest = 300;
  std::string line(text.substr(0, longest));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

transfer::transfer(const options& o)
    : ca_file_(o.ca_file), certificate_file_(o.certificate_file), key_file_(o.key_file) {
  if (easy_) set_up(o);
}

transfer::~transfer() {
  abandon();
  OPENSSL_cleanse(request_.body.data(), request_.body.size());
}

void transfer::set_up(const options& o) {
  CURL* const curl = easy_.get();
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "authnzerver");
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, before_sending);
  curl_easy_setopt(curl, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(o.connect_time.count()));
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, keep_alive_idle_s);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, keep_alive_every_s);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // Else curl would also trust the system's authorities.
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file_.empty() ? nullptr : ca_file_.c_str());
  if (certificate_file_.empty()) return;
  curl_easy_setopt(curl, CURLOPT_SSLCERT, certificate_file_.c_str());
  curl_easy_setopt(curl, CURLOPT_SSLKEY, key_file_.c_str());
}

std::size_t transfer::take(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer*>(self);
  t.took_ = true;
  try {
    if (t.sink_({data, size})) return size;
  } catch (const std::bad_alloc&) {
    // As if it were too large, which it is.
  }
  t.end_.overflown = true;
  return 0;
}

int transfer::before_sending(void* self, char*, char*, int, int) {
  auto& t = *static_cast<transfer*>(self);
  t.end_.sent = true;
  // curl sends again by itself when a kept connection ends without an answer.
  // The first one may have taken effect all the same.
  return ++t.sendings_ == 1 || t.request_.repeatable ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

void transfer::begin(request r, sink into) {
  abandon();
  OPENSSL_cleanse(request_.body.data(), request_.body.size());
  request_ = std::move(r);
  sink_ = std::move(into);
  end_ = {};
  sendings_ = 0;
  error_.front() = '\0';
  if (!multi_ || !easy_) return finish(CURLE_OUT_OF_MEMORY);

  headers_ = headers_of(request_);
  CURL* const curl = easy_.get();
  curl_easy_setopt(curl, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request_.body.data());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.longest.count()));
  if (curl_multi_add_handle(multi_.get(), curl) != CURLM_OK) return finish(CURLE_OUT_OF_MEMORY);
  under_way_ = true;
}

bool transfer::turn(milliseconds longest) {
  if (!under_way_) return true;
  if (stopped_) {
    abandon();
    end_.stopped = true;
    end_.error = "stopped";
    return true;
  }
  int running = 0, left = 0;
  took_ = false;
  curl_multi_perform(multi_.get(), &running);
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left))
    if (message->msg == CURLMSG_DONE) {
      const CURLcode result = message->data.result;
      finish(result);
      return true;
    }
  // What has come is looked at before more is waited for.
  if (!took_) curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr);
  return false;
}

void transfer::abandon() {
  if (under_way_) curl_multi_remove_handle(multi_.get(), easy_.get());
  under_way_ = false;
}

void transfer::give_up(std::string why) {
  abandon();
  end_.given_up = true;
  end_.error = std::move(why);
}

void transfer::stop() noexcept {
  stopped_ = true;
  if (multi_) curl_multi_wakeup(multi_.get());
}

void transfer::finish(CURLcode result) {
  end_.complete = result == CURLE_OK;
  if (easy_) curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &end_.status);
  if (!end_.complete) end_.error = explain(result);
  // Nothing of a request is looked at that comes over such a connection.
  if (is_refusal_of_certificate(error_.data()) && result != CURLE_SSL_CONNECT_ERROR) end_.sent = false;
  abandon();
}

std::string transfer::explain(CURLcode result) const {
  std::string said = one_line(error_.front() == '\0' ? curl_easy_strerror(result) : error_.data());
  if (end_.overflown) return "its answer is too large";
  if (is_refusal_of_certificate(error_.data()))
    return certificate_file_.empty()
               ? "it asks for a client certificate, and none is configured"
               : "it refuses the client certificate " + certificate_file_ + " (" + said +
                     "): an authority that etcd trusts must have signed it, and it must not be past its end";
  switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
      return end_.sent ? "it does not answer within " + std::to_string(request_.longest.count()) + " ms"
                       : "it cannot be reached in time (" + said + ")";
    case CURLE_COULDNT_CONNECT:
      return "it cannot be reached (" + said + "): is it running, and does a firewall let this host in?";
    case CURLE_COULDNT_RESOLVE_HOST: return "its host name is not known (" + said + ")";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "its certificate is not accepted (" + said + "): check it against the authority in " +
             (ca_file_.empty() ? "the CA file, which is not configured" : ca_file_) + ", and the names in it";
    case CURLE_SSL_CACERT_BADFILE: return "the CA file " + ca_file_ + " cannot be used (" + said + ")";
    case CURLE_SSL_CERTPROBLEM:
      return "the client certificate " + certificate_file_ + " and the key " + key_file_ + " cannot be used (" + said +
             ")";
    case CURLE_SSL_CONNECT_ERROR: return "no TLS connection can be made (" + said + ")";
    case CURLE_ABORTED_BY_CALLBACK: return "the connection ended before the answer";
    default: return said;
  }
}

}  // namespace authnz::net::etcd
