#include <exception>
#include <iostream>
#include <span>
#include <string_view>

#include "tools/protogen/generated_file.hpp"
#include "tools/protogen/table_json.hpp"

namespace {

using namespace authnz::protogen;

constexpr std::string_view help =
    "protogen - writes what derives from the request table and the code table\n"
    "\n"
    "  protogen --write ROOT   write the generated files below the repository's root\n"
    "  protogen --check ROOT   name the generated files that are stale; exit 1 if there are any\n"
    "  protogen --json         print the tables as JSON\n"
    "  protogen --help         print this\n"
    "\n"
    "Generated: docs/requests.md, docs/requests.schema.json, docs/errors.md, and the\n"
    "marked parts of tools/clients/python/authnzerver_client.py and\n"
    "tools/clients/js/authnzerver-client.js.\n";

int fail(std::string_view why) {
  std::cerr << "protogen: " << why << '\n';
  return 2;
}

int check(const std::filesystem::path& root) {
  const auto files = generate(root);
  if (!files) return fail(files.error());
  const auto old = stale(root, *files);
  for (const auto& path : old) std::cerr << "protogen: " << path.string() << " is stale\n";
  if (!old.empty()) std::cerr << "protogen: run `make docs` and commit the result\n";
  return old.empty() ? 0 : 1;
}

int renew(const std::filesystem::path& root) {
  const auto files = generate(root);
  if (!files) return fail(files.error());
  const auto done = write(root, *files);
  return done ? 0 : fail(done.error());
}

int run(std::span<const char* const> arguments) {
  const std::string_view what = arguments.size() > 1 ? arguments[1] : "";
  if (arguments.size() == 3 && what == "--write") return renew(arguments[2]);
  if (arguments.size() == 3 && what == "--check") return check(arguments[2]);
  if (arguments.size() == 2 && what == "--json") return std::cout << table_json(), 0;
  if (arguments.size() == 2 && what == "--help") return std::cout << help, 0;
  return fail("one of --write ROOT, --check ROOT, --json or --help is needed");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& e) {
    return fail(e.what());
  }
}
