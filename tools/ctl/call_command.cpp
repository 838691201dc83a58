#include "tools/ctl/call_command.hpp"

#include <curl/curl.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "proto/envelope.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;

constexpr int answer_is_failure = 1;
constexpr int no_answer = 3;
constexpr std::size_t most_answer_bytes = std::size_t{64} << 20;

int complain(const std::string& what) {
  std::cerr << "authnzctl: " << what << '\n';
  return no_answer;
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::size_t collect(char* data, std::size_t size, std::size_t count, void* to) {
  auto& text = *static_cast<std::string*>(to);
  if (text.size() + size * count > most_answer_bytes) return 0;
  text.append(data, size * count);
  return size * count;
}

struct http_answer {
  long status = 0;
  std::string body;
  std::string error;
};

http_answer post(const call_options& o, const std::string& body) {
  http_answer out;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return {0, {}, "libcurl cannot be set up"};
  curl_easy_setopt(curl.get(), CURLOPT_URL, o.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, o.timeout_seconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &out.body);
  if (!o.ca_file.empty()) curl_easy_setopt(curl.get(), CURLOPT_CAINFO, o.ca_file.c_str());
  if (const auto result = curl_easy_perform(curl.get()); result != CURLE_OK)
    out.error = std::string(curl_easy_strerror(result)) + " (" + o.url + ")";
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &out.status);
  return out;
}

std::string read_body(const std::string& given) {
  if (given != "-") return given;
  return {std::istreambuf_iterator<char>(std::cin), {}};
}

int ask(const call_options& o, const std::string& keys, const json& body) {
  auto ring = proto::keyring::parse(keys);
  if (!ring) return complain(o.key_file + ": " + ring.error());
  proto::envelope envelope(*ring);
  const json request{{"request", o.request}, {"body", body}, {"reqid", 1}, {"client_ipaddr", o.client}};
  std::string sealed;
  if (!envelope.seal(request.dump(), (*ring)->keys().front(), now_seconds(), sealed))
    return complain("the request cannot be sealed");
  const auto answer = post(o, sealed);
  if (!answer.error.empty()) return complain(answer.error);
  if (answer.status != 200) return complain("the server answers: " + answer.body);
  const auto opened = envelope.open(answer.body);
  if (!opened) return complain("the answer cannot be opened with this key");
  const auto parsed = json::parse(opened->payload, nullptr, false);
  if (!parsed.is_object()) return complain("the answer is no JSON object");
  std::cout << parsed.dump(2) << '\n';
  return parsed.value("success", false) ? 0 : answer_is_failure;
}

}  // namespace

int call(const call_options& o) {
  std::ifstream file(o.key_file);
  if (!file) return complain(o.key_file + ": cannot be read; name the key's file with --key-file");
  const std::string keys{std::istreambuf_iterator<char>(file), {}};
  const auto body = json::parse(read_body(o.body), nullptr, false);
  if (!body.is_object()) return complain("the body must be a JSON object, e.g. '{\"user_id\": null}'");
  return ask(o, keys, body);
}

}  // namespace authnz::ctl
