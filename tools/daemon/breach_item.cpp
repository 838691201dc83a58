#include "net/breach_source.hpp"
#include "tools/daemon/config_values.hpp"

// Apart from the other values: the interfaces of actors are slow to compile.
namespace authnz::daemon {

tl::expected<std::string, std::string> breach_source(std::string_view text) {
  const auto source = net::make_breach_source(text);
  if (!source) return tl::unexpected(source.error());
  if (*source == nullptr || text.find("://") != std::string_view::npos) return std::string(text);
  std::error_code failed;
  return std::filesystem::absolute(text, failed).string();
}

}  // namespace authnz::daemon
