#include "tools/daemon/surroundings.hpp"

#include <netdb.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

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

std::string full_host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  if (std::string_view(name.data()).find('.') != std::string_view::npos) return name.data();
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.data(), nullptr, &hints, &found) != 0) return name.data();
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  return found->ai_canonname != nullptr && *found->ai_canonname != '\0' ? found->ai_canonname : name.data();
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
  s.host_name = full_host_name;
  return s;
}

}  // namespace authnz::daemon
