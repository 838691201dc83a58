#include "tools/daemon/surroundings.hpp"

#include <pwd.h>
#include <unistd.h>

#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "net/host_name.hpp"

namespace authnz::daemon {
namespace {

struct account {
  std::string name;
  std::string home;
};

account own_account() {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return {entry.pw_name, entry.pw_dir};
}

}  // namespace

surroundings surroundings_of_process() {
  surroundings s;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      s.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  std::error_code failed;
  s.working_directory = std::filesystem::current_path(failed);
  const auto self = own_account();
  const auto home = s.environment.find("HOME");
  s.home_directory = home != s.environment.end() && !home->second.empty() ? home->second : self.home;
  s.user = self.name;
  s.cores = std::max(1U, std::thread::hardware_concurrency());
  s.host_name = net::full_host_name;
  return s;
}

}  // namespace authnz::daemon
