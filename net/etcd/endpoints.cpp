#include <arpa/inet.h>

#include <algorithm>

#include "net/curl_handles.hpp"
#include "net/etcd/client.hpp"

namespace authnz::net::etcd {
namespace {

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const text_ptr owned(text);
  return owned.get();
}

// Never shows the text when it has a password.
tl::expected<std::string, std::string> parse_endpoint(const std::string& text) {
  const url_ptr url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return tl::unexpected<std::string>("an endpoint of etcd is no URL: it must look like https://HOST:PORT");
  if (!part_of(url.get(), CURLUPART_USER).empty() || !part_of(url.get(), CURLUPART_PASSWORD).empty())
    return tl::unexpected<std::string>("an endpoint of etcd must not have a user or a password in it");
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME), port = part_of(url.get(), CURLUPART_PORT),
                    path = part_of(url.get(), CURLUPART_PATH);
  if (scheme != "https" && scheme != "http")
    return tl::unexpected("etcd's endpoint " + text + " must begin with https:// or http://");
  if (port.empty()) return tl::unexpected("etcd's endpoint " + text + " must end with a port, as in https://HOST:2379");
  if ((!path.empty() && path != "/") || text.find_first_of("?#") != std::string::npos)
    return tl::unexpected("etcd's endpoint " + text + " must have nothing behind the port");
  return scheme + "://" + part_of(url.get(), CURLUPART_HOST) + ":" + port;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
}

}  // namespace

tl::expected<std::vector<std::string>, std::string> parse_endpoints(const std::string& text) {
  std::vector<std::string> endpoints;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string one = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (one.empty())
      return tl::unexpected<std::string>(
          "an endpoint of etcd is empty: they look like https://HOST:PORT, separated by commas");
    auto endpoint = parse_endpoint(one);
    if (!endpoint) return tl::unexpected(endpoint.error());
    if (std::find(endpoints.begin(), endpoints.end(), *endpoint) != endpoints.end())
      return tl::unexpected("etcd's endpoint " + *endpoint + " is there twice");
    if (!endpoints.empty() && endpoints.front().starts_with("https:") != endpoint->starts_with("https:"))
      return tl::unexpected<std::string>("etcd's endpoints must all begin with https://, or all with http://");
    endpoints.push_back(std::move(*endpoint));
  }
  return endpoints;
}

bool is_exposed(const std::string& endpoint) {
  const url_ptr url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, endpoint.c_str(), 0) != CURLUE_OK) return true;
  if (part_of(url.get(), CURLUPART_SCHEME) == "https") return false;
  const std::string host = part_of(url.get(), CURLUPART_HOST);
  in_addr address{};
  const bool is_loopback = inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24U == 127;
  return !is_loopback && host != "localhost" && host != "[::1]";
}

}  // namespace authnz::net::etcd
