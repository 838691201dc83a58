#include "tools/daemon/config_values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <system_error>

namespace authnz::daemon {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

bool parses(int family, const std::string& text) {
  std::array<unsigned char, 16> parsed{};
  return inet_pton(family, text.c_str(), parsed.data()) == 1;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(separator);
    if (const auto part = trimmed(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

tl::expected<std::int64_t, std::string> whole_number(std::string_view text, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || value < min || value > max)
    return tl::unexpected("must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return value;
}

tl::expected<bool, std::string> flag(std::string_view text) {
  if (text == "0" || text == "1") return text == "1";
  return tl::unexpected(std::string("must be 0 or 1"));
}

tl::expected<std::size_t, std::string> choice(std::string_view text, std::string_view choices) {
  const auto words = split(choices, ' ');
  if (const auto at = std::find(words.begin(), words.end(), lower(text)); at != words.end())
    return static_cast<std::size_t>(at - words.begin());
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return tl::unexpected("must be one of " + all);
}

tl::expected<std::string, std::string> address(std::string_view text) {
  std::string bare(text);
  if (lower(bare) == "localhost") return std::string("127.0.0.1");
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') bare = bare.substr(1, bare.size() - 2);
  if (parses(AF_INET, bare) || parses(AF_INET6, bare)) return bare;
  return tl::unexpected(std::string("must be an IPv4 or IPv6 address"));
}

tl::expected<std::filesystem::path, std::string> store_directory(std::string_view url) {
  const auto colon = url.find(':');
  const auto scheme = colon == std::string_view::npos ? std::string() : lower(url.substr(0, colon));
  if (scheme.starts_with("sqlite") || scheme.starts_with("postgres"))
    return tl::unexpected(
        std::string("databases of the Python server are not served from; bring their content into a store with "
                    "authnz-import and name that as lmdb:///ABSOLUTE/PATH"));
  const std::filesystem::path directory(scheme == "lmdb" && url.substr(colon).starts_with("://") ? url.substr(colon + 3)
                                                                                                 : std::string_view());
  if (!directory.is_absolute() || !directory.has_relative_path())
    return tl::unexpected(std::string("must be lmdb:///ABSOLUTE/PATH, the path of a directory"));
  return directory.lexically_normal();
}

std::string placeholders::expand(std::string_view text) const {
  std::string out(text);
  replace_all(out, "[[homedir]]", homedir.string());
  replace_all(out, "[[basedir]]", basedir.string());
  return out;
}

}  // namespace authnz::daemon
