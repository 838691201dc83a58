/// What the process finds around it, handed in so that tests can choose it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace authnz::daemon {

using variable_map = std::map<std::string, std::string, std::less<>>;

struct surroundings {
  variable_map environment;
  std::filesystem::path working_directory;
  std::filesystem::path home_directory;
  std::string user;                        ///< who runs the process; empty if the system does not know
  unsigned cores = 1;                      ///< at least 1
  std::function<std::string()> host_name;  ///< full name of the host; may ask the network
};

surroundings surroundings_of_process();

}  // namespace authnz::daemon
