#include "net/allowed_hosts.hpp"

#include <algorithm>
#include <optional>

namespace authnz::net {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_port(std::string_view s) noexcept {
  return s.size() <= 5 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The host of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare v6 address.
std::optional<std::string_view> host_of(std::string_view s) noexcept {
  const bool bracketed = !s.empty() && s.front() == '[';
  const auto end = bracketed ? s.find(']') : s.find(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  if (end == std::string_view::npos || (!bracketed && s.find(':', end + 1) != std::string_view::npos)) return s;
  const auto host = bracketed ? s.substr(1, end - 1) : s.substr(0, end);
  const auto rest = s.substr(bracketed ? end + 1 : end);
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  return host;
}

}  // namespace

allowed_hosts::allowed_hosts(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    std::string host(host_of(name).value_or(name));
    std::transform(host.begin(), host.end(), host.begin(), lower);
    if (!host.empty()) names_.push_back(std::move(host));
  }
}

bool allowed_hosts::contains(std::string_view host_and_port) const noexcept {
  const auto host = host_of(host_and_port);
  if (!host) return false;
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
    return std::equal(name.begin(), name.end(), host->begin(), host->end(),
                      [](char known, char given) { return known == lower(given); });
  });
}

}  // namespace authnz::net
