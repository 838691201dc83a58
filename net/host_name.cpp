#include "net/host_name.hpp"

#include <netdb.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string_view>

namespace authnz::net {

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

}  // namespace authnz::net
