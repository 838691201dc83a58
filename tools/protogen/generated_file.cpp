#include "tools/protogen/generated_file.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "tools/protogen/documents.hpp"
#include "tools/protogen/python_methods.hpp"

namespace authnz::protogen {

namespace fs = std::filesystem;

namespace {

constexpr auto client_path = "tools/clients/python/authnzerver_client.py";

std::optional<std::string> read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return std::nullopt;
  return text;
}

}  // namespace

tl::expected<std::vector<generated_file>, std::string> generate(const fs::path& root) {
  const auto client = read(root / client_path);
  if (!client)
    return tl::unexpected("cannot read " + (root / client_path).string() + ": is this the repository's root?");
  const auto spliced = with_python_methods(*client);
  if (!spliced) return tl::unexpected(std::string(client_path) + " has lost the markers of its generated part");
  return std::vector<generated_file>{
      {"docs/requests.md", requests_document()},
      {"docs/errors.md", errors_document()},
      {client_path, *spliced},
  };
}

std::vector<fs::path> stale(const fs::path& root, const std::vector<generated_file>& files) {
  std::vector<fs::path> out;
  for (const auto& file : files)
    if (read(root / file.path) != file.text) out.push_back(file.path);
  return out;
}

tl::expected<void, std::string> write(const fs::path& root, const std::vector<generated_file>& files) {
  for (const auto& path : stale(root, files))
    for (const auto& file : files) {
      if (file.path != path) continue;
      std::error_code ignored;  // what matters is whether the file can be written
      fs::create_directories((root / path).parent_path(), ignored);
      std::ofstream out(root / path, std::ios::binary | std::ios::trunc);
      out << file.text << std::flush;
      if (!out) return tl::unexpected("cannot write " + (root / path).string());
    }
  return {};
}

}  // namespace authnz::protogen
