#include "tools/protogen/generated_file.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "tools/protogen/documents.hpp"
#include "tools/protogen/javascript_methods.hpp"
#include "tools/protogen/marked_part.hpp"
#include "tools/protogen/python_methods.hpp"
#include "tools/protogen/schema.hpp"

namespace authnz::protogen {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return std::nullopt;
  return text;
}

tl::expected<generated_file, std::string> client(const fs::path& root, const char* path, std::string_view comment,
                                                 const std::string& methods) {
  const auto present = read(root / path);
  if (!present) return tl::unexpected("cannot read " + (root / path).string() + ": is this the repository's root?");
  const auto renewed = with_marked_part(*present, comment, methods);
  if (!renewed) return tl::unexpected(std::string(path) + " has lost the markers of its generated part");
  return generated_file{path, *renewed};
}

}  // namespace

tl::expected<std::vector<generated_file>, std::string> generate(const fs::path& root) {
  const auto python = client(root, "tools/clients/python/authnzerver_client.py", "#", python_methods());
  if (!python) return tl::unexpected(python.error());
  const auto javascript = client(root, "tools/clients/js/authnzerver-client.js", "//", javascript_methods());
  if (!javascript) return tl::unexpected(javascript.error());
  return std::vector<generated_file>{
      {"docs/requests.md", requests_document()},
      {"docs/errors.md", errors_document()},
      {"docs/requests.schema.json", requests_schema()},
      *python,
      *javascript,
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
