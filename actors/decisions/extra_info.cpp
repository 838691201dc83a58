#include "actors/decisions/extra_info.hpp"

#include <nlohmann/json.hpp>

namespace authnz::actors {

namespace {

proto::json object_of(const std::optional<std::string_view>& stored) {
  proto::json object = stored ? proto::json::parse(*stored, nullptr, false) : proto::json::object();
  return object.is_object() ? object : proto::json::object();
}

}  // namespace

std::optional<std::string> merge_extra_info(const std::optional<std::string_view>& stored, const proto::json& update,
                                            std::size_t limit) {
  proto::json merged = object_of(stored);
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

std::string overlay_extra_info(const std::optional<std::string_view>& stored, const proto::json& update,
                               std::size_t limit) {
  proto::json whole = object_of(stored);
  whole.update(update);
  std::string text = proto::to_text(whole);
  return text.size() <= limit ? text : proto::to_text(update);
}

}  // namespace authnz::actors
