#include "tools/daemon/credentials_file.hpp"

#include "tools/daemon/files.hpp"

namespace authnz::daemon {

tl::expected<std::filesystem::path, std::string> write_credentials(const std::filesystem::path& basedir,
                                                                   std::string_view email,
                                                                   const std::optional<proto::secret>& password,
                                                                   std::chrono::sys_seconds now) {
  constexpr std::string_view name = ".authnzerver-admin-credentials";
  std::string line(email);
  line += ' ';
  line += password ? password->reveal() : "set-by-operator";
  line += '\n';
  const proto::secret content(std::move(line));
  const auto dated = std::string(name) + "-" + std::to_string(now.time_since_epoch().count());
  for (const auto& file : {basedir / name, basedir / dated}) {
    const auto made = make_file(file, 0400, content.reveal());
    if (!made) return tl::unexpected(file.string() + " " + made.error());
    if (*made) return file;
  }
  return tl::unexpected((basedir / dated).string() + " exists already");
}

}  // namespace authnz::daemon
