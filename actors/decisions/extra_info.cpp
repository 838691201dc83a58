#include "actors/decisions/extra_info.hpp"

#include <nlohmann/json.hpp>

namespace authnz::actors {

std::optional<std::string> merge_extra_info(const std::optional<std::string_view>& stored, const proto::json& update,
                                            std::size_t limit) {
  proto::json merged = stored ? proto::json::parse(*stored, nullptr, false) : proto::json::object();
  if (!merged.is_object()) merged = proto::json::object();
  for (const auto& [key, value] : update.items()) {
    if (value == "__delete__")
      merged.erase(key);
    else
      merged[key] = value;
  }
  std::string text = proto::to_text(merged);
  if (text.size() > limit) return std::nullopt;
  return text;
}

}  // namespace authnz::actors
