#include "net/breach_directory.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>

#include "net/breach_range.hpp"

namespace authnz::net {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::optional<std::string> read(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::string text(max_range_size + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || !in.eof()) return std::nullopt;
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

std::optional<std::uint64_t> breach_directory::matches(const proto::secret& password) {
  const auto key = key_of(password);
  if (!key) return std::nullopt;
  for (const std::string& name : {key->prefix, key->prefix + ".txt", lower(key->prefix), lower(key->prefix) + ".txt"})
    if (const auto text = read(directory_ / name)) return count_in_range(*text, key->suffix);
  return std::nullopt;
}

}  // namespace authnz::net
