#include "net/smtp_transport.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "actors/mail_address.hpp"
#include "net/curl_handles.hpp"
#include "net/host_name.hpp"

namespace authnz::net {
namespace {

using actors::delivery;
using actors::delivery_report;
using actors::mail_route;
using actors::mail_security;
using actors::outgoing_mail;
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What the callbacks of one transfer know.
struct transfer {
  std::string_view rest;  ///< of the message
  clock::time_point deadline;
  const std::atomic<bool>& stopped;
  bool utf8_offered = false;
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* user) {
  auto& rest = static_cast<transfer*>(user)->rest;
  const std::size_t taken = std::min(size * count, rest.size());
  std::memcpy(to, rest.data(), taken);
  rest.remove_prefix(taken);
  return taken;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

/// Sees the server's replies line by line.
std::size_t note_offers(char* data, std::size_t size, std::size_t count, void* user) {
  auto& offered = static_cast<transfer*>(user)->utf8_offered;
  std::string_view line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  constexpr std::string_view extension = "SMTPUTF8";
  const bool same =
      line.size() == 4 + extension.size() && curl_strnequal(line.data() + 4, extension.data(), extension.size()) != 0;
  if (line.starts_with("220")) offered = false;  // what was offered before STARTTLS does not count
  if (line.starts_with("250") && same) offered = true;
  return size * count;
}

// curl's own time-out does not hold while it waits for the answer to QUIT.
int stop_in_time(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  constexpr std::chrono::seconds grace(1);
  const auto& t = *static_cast<transfer*>(user);
  return t.stopped || clock::now() > t.deadline + grace ? 1 : 0;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Whether an address can stand in a command without changing its meaning.
bool is_sendable(std::string_view address) {
  return address.find('@') != std::string_view::npos && std::none_of(address.begin(), address.end(), [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
         });
}

/// As it stands in a URL; empty if it is no host.
std::string host_of(const std::string& server) {
  in6_addr address{};
  if (inet_pton(AF_INET6, server.c_str(), &address) == 1) return "[" + server + "]";
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (server.find_first_not_of(allowed) == std::string::npos) return server;
  return actors::ascii_domain(server).value_or("");
}

void set_limits(CURL* curl, transfer& t) {
  const auto left = std::chrono::duration_cast<milliseconds>(t.deadline - clock::now()).count();
  const long timeout = std::max<long>(left, 1);  // 0 would be none
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  // A name service that does not answer must not hold up the end.
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
  // With it, QUIT belongs to this transfer, and so ends in time.
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_in_time);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &t);
}

void set_security(CURL* curl, const mail_route& route) {
  const bool starttls = route.security == mail_security::starttls;
  curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, route.verify_certificate ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, route.verify_certificate ? 2L : 0L);
  if (!route.verify_certificate || !route.authorities) return;
  curl_easy_setopt(curl, CURLOPT_CAINFO, route.authorities->c_str());
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);  // would add the system's
}

void set_server(CURL* curl, const mail_route& route, const std::string& host, const std::string& client_name) {
  const bool tls = route.security == mail_security::tls;
  const auto url =
      std::string(tls ? "smtps://" : "smtp://") + host + ":" + std::to_string(route.port) + "/" + client_name;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, tls ? "smtps" : "smtp");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
}

/// curl uses them only if the server offers AUTH.
void set_login(CURL* curl, const mail_route& route) {
  if (route.user.empty() || route.password.empty()) return;
  curl_easy_setopt(curl, CURLOPT_USERNAME, route.user.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, std::string(route.password.reveal()).c_str());
}

void set_message(CURL* curl, const outgoing_mail& mail, const curl_slist* recipients) {
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mail.sender.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.text.size()));
}

void set_callbacks(CURL* curl, transfer& t) {
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  curl_easy_setopt(curl, CURLOPT_READDATA, &t);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, note_offers);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &t);
}

easy_ptr connection_to(const mail_route& route, const std::string& host, const std::string& client_name, transfer& t) {
  easy_ptr curl(curl_easy_init());
  if (!curl) return curl;
  set_server(curl.get(), route, host, client_name);
  set_security(curl.get(), route);
  set_limits(curl.get(), t);
  set_callbacks(curl.get(), t);
  return curl;
}

/// Whether the end of a transfer is what the server's last reply is about.
bool is_about_reply(CURLcode result) {
  return result == CURLE_SEND_ERROR || result == CURLE_WEIRD_SERVER_REPLY || result == CURLE_LOGIN_DENIED ||
         result == CURLE_USE_SSL_FAILED || result == CURLE_REMOTE_ACCESS_DENIED;
}

delivery judge(CURLcode result, long reply) {
  if (result == CURLE_OK) return delivery::accepted;
  if (is_about_reply(result) && reply >= 400 && reply < 600)
    return reply < 500 ? delivery::deferred : delivery::refused;
  switch (result) {
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_LOGIN_DENIED: return delivery::refused;  // AUTH is offered, but no way of it that we know
    default: return delivery::deferred;
  }
}

delivery_report perform(CURL* curl) {
  const CURLcode result = curl_easy_perform(curl);
  long reply = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
  return {judge(result, reply), std::string(curl_easy_strerror(result)) + " (" + std::to_string(reply) + ")"};
}

const delivery_report out_of_memory{delivery::deferred, "libcurl cannot be set up"};

}  // namespace

smtp_transport::smtp_transport(const std::string& client_name)
    : client_name_(actors::ascii_domain(client_name).value_or("localhost")) {}

smtp_transport::smtp_transport() : smtp_transport(full_host_name()) {}

delivery_report smtp_transport::deliver(const outgoing_mail& mail, const mail_route& route, milliseconds timeout) {
  if (!is_sendable(mail.sender) || !is_sendable(mail.recipient)) return {delivery::refused, "no address"};
  const auto host = host_of(route.server);
  if (host.empty()) return {delivery::deferred, "the mail server's name is no host name"};
  transfer t{mail.text, clock::now() + timeout, stopped_};
  if (!is_ascii(mail.sender) || !is_ascii(mail.recipient)) {
    const auto probe = connection_to(route, host, client_name_, t);
    if (!probe) return out_of_memory;
    curl_easy_setopt(probe.get(), CURLOPT_CONNECT_ONLY, 1L);
    auto report = perform(probe.get());
    if (report.result != delivery::accepted) return report;
    if (!t.utf8_offered) return {delivery::refused, "SMTPUTF8 is not offered"};
  }
  const list_ptr recipients(curl_slist_append(nullptr, mail.recipient.c_str()));
  const auto curl = connection_to(route, host, client_name_, t);
  if (!curl || !recipients) return out_of_memory;
  set_login(curl.get(), route);
  set_message(curl.get(), mail, recipients.get());
  return perform(curl.get());
}

}  // namespace authnz::net
