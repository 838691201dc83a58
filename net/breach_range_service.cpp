#include "net/breach_range_service.hpp"

#include <arpa/inet.h>

#include <new>
#include <utility>

#include "net/breach_range.hpp"
#include "net/curl_handles.hpp"

namespace authnz::net {
namespace {

constexpr long timeout_ms = 2000;

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const text_ptr owned(text);
  return owned.get();
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

std::size_t append(char* data, std::size_t, std::size_t size, void* body) {
  auto& text = *static_cast<std::string*>(body);
  // Taking less than was offered ends the transfer.
  if (size > max_range_size - text.size()) return 0;
  try {
    text.append(data, size);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return size;
}

}  // namespace

tl::expected<void, std::string> check_range_url(std::string_view text) {
  const url_ptr url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) != CURLUE_OK)
    return tl::unexpected<std::string>("is no URL");
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") return tl::unexpected<std::string>("must begin with https://");
  if (scheme == "http" && !is_loopback(part_of(url.get(), CURLUPART_HOST)))
    return tl::unexpected<std::string>("must begin with https://, plain http:// is for loopback hosts only");
  // curl drops an empty fragment without a word.
  if (text.find('#') != std::string_view::npos || !part_of(url.get(), CURLUPART_USER).empty() ||
      !part_of(url.get(), CURLUPART_PASSWORD).empty())
    return tl::unexpected<std::string>("must have neither user, password nor fragment");
  return {};
}

struct breach_range_service::connection {
  easy_ptr handle{curl_easy_init()};
  list_ptr headers{curl_slist_append(nullptr, "Add-Padding: true")};

  connection(bool encrypted, const std::string& ca_file) {
    CURL* curl = handle.get();
    if (curl == nullptr) return;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, encrypted ? "https" : "http");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "authnzerver");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    if (!ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
    // The environment's proxy would carry a loopback request out of the host.
    if (!encrypted) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  }

  std::optional<std::string> get(const std::string& url) {
    CURL* curl = handle.get();
    if (curl == nullptr || headers == nullptr) return std::nullopt;
    std::string body;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    long status = 0;
    if (curl_easy_perform(curl) != CURLE_OK) return std::nullopt;
    if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200) return std::nullopt;
    return body;
  }
};

breach_range_service::breach_range_service(std::string base_url, const std::string& ca_file)
    : base_url_(std::move(base_url)),
      connection_(std::make_unique<connection>(base_url_.compare(0, 6, "https:") == 0, ca_file)) {}

breach_range_service::~breach_range_service() = default;

std::optional<std::uint64_t> breach_range_service::matches(const proto::secret& password) {
  const auto key = key_of(password);
  if (!key) return std::nullopt;
  const auto text = connection_->get(base_url_ + key->prefix);
  return text ? count_in_range(*text, key->suffix) : std::nullopt;
}

}  // namespace authnz::net
