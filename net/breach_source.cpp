#include "net/breach_source.hpp"

#include <filesystem>
#include <system_error>

#include "net/breach_directory.hpp"
#include "net/breach_range_service.hpp"

namespace authnz::net {

tl::expected<std::unique_ptr<actors::breached_passwords>, std::string> make_breach_source(std::string_view config) {
  if (config == "off") return nullptr;
  if (config.find("://") != std::string_view::npos) {
    if (const auto checked = check_range_url(config); !checked) return tl::unexpected(checked.error());
    return std::make_unique<breach_range_service>(std::string(config));
  }
  std::error_code ignored;
  // A directory may come and go, but a word that is none is a slip.
  if (config.find('/') == std::string_view::npos && !std::filesystem::is_directory(config, ignored))
    return tl::unexpected<std::string>("must be off, an https:// URL or a directory");
  return std::make_unique<breach_directory>(config);
}

}  // namespace authnz::net
