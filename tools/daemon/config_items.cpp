#include "tools/daemon/config_items.hpp"

namespace authnz::daemon {
namespace {

constexpr std::string_view prefix = "AUTHNZERVER_";

std::vector<std::string> those_set(const std::array<std::string_view, 2>& names, std::string otherwise) {
  std::vector<std::string> found;
  for (auto name : names)
    if (!name.empty()) found.emplace_back(name);
  if (found.empty()) found.push_back(std::move(otherwise));
  return found;
}

std::string capitals(std::string_view name) {
  std::string out;
  for (char c : name) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

}  // namespace

std::vector<std::string> variables(const item_row& r) {
  return those_set(r.variables, std::string(prefix) + capitals(r.name));
}

std::vector<std::string> options(const item_row& r) { return those_set(r.options, std::string(r.name)); }

std::string own_variable(const item_row& r) {
  for (auto& name : variables(r))
    if (name.starts_with(prefix)) return name;
  return std::string(prefix) + capitals(r.name);
}

}  // namespace authnz::daemon
