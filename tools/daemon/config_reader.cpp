#include "tools/daemon/config_reader.hpp"

#include <algorithm>
#include <system_error>

#include "tools/daemon/secret_file.hpp"

namespace authnz::daemon {
namespace {

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool may_name_files(item id) {
  const auto kind = row(id).kind;
  return kind == value_kind::file || kind == value_kind::new_file || kind == value_kind::directory ||
         id == item::authdb || id == item::pwnedpasswords || id == item::admincerts || id == item::clustercerts;
}

std::optional<std::string> what_is_wrong(const std::filesystem::path& path, value_kind kind, purpose what_for) {
  std::error_code failed;
  const auto found = std::filesystem::status(path, failed).type();
  const auto there = found != std::filesystem::file_type::not_found && found != std::filesystem::file_type::none;
  const auto is_directory = found == std::filesystem::file_type::directory;
  if (kind == value_kind::directory && !there && what_for == purpose::setting_up) return std::nullopt;
  if (kind == value_kind::directory && !is_directory) return path.string() + " is no directory";
  if (kind == value_kind::file && !there) return path.string() + " does not exist or cannot be looked at";
  if (kind != value_kind::directory && is_directory) return path.string() + " is a directory";
  return std::nullopt;
}

}  // namespace

void config_reader::refuse(item id, const std::string& reason) {
  if (error_) return;
  const auto& as = into_.shown[static_cast<std::size_t>(id)].given_as;
  error_ = std::string(row(id).name) + (as.empty() ? "" : " (" + as + ")") + ": " + reason;
}

std::optional<given_value> config_reader::given(item id) {
  auto found = from_.find(row(id));
  if (!found) return refuse(id, found.error()), std::nullopt;
  if (*found) into_.shown[static_cast<std::size_t>(id)].given_as = (*found)->name;
  return std::move(*found);
}

std::string config_reader::text(item id, std::optional<std::string> preset) {
  if (error_) return {};
  auto value = given(id);
  auto text = value ? std::move(value->text) : preset ? std::move(*preset) : std::string(row(id).preset);
  if (may_name_files(id)) text = places_.expand(text);
  if (has_control_characters(text)) return refuse(id, "must not hold control characters"), std::string();
  into_.shown[static_cast<std::size_t>(id)].text = text;
  return text;
}

std::optional<std::filesystem::path> config_reader::path(item id) {
  const auto value = text(id);
  if (error_ || value.empty()) return std::nullopt;
  auto absolute = (around_.working_directory / value).lexically_normal();
  if (const auto wrong = what_is_wrong(absolute, row(id).kind, what_for_)) return refuse(id, *wrong), std::nullopt;
  into_.shown[static_cast<std::size_t>(id)].text = absolute.string();
  return absolute;
}

std::optional<std::filesystem::path> config_reader::secret_path(item id, const given_value& value) {
  const auto expanded = places_.expand(value.text);
  if (value.is_path) return around_.working_directory / expanded;
  if (row(id).kind != value_kind::secret_or_path) return std::nullopt;
  return file_named_by(expanded, around_.working_directory);
}

std::optional<sourced_secret> config_reader::secret(item id) {
  if (error_) return std::nullopt;
  const auto value = given(id);
  if (!value) return std::nullopt;
  auto& shown = into_.shown[static_cast<std::size_t>(id)];
  shown.secret_is_set = true;
  if (auto file = secret_path(id, *value)) {
    auto content = read_secret_file(*file);
    if (!content) return refuse(id, content.error()), std::nullopt;
    shown.text = file->string();
    return sourced_secret{std::move(*content), std::move(file)};
  }
  if (value->on_command_line)
    into_.warnings.push_back(value->name +
                             " on the command line shows the secret to every user of this host; use a file");
  return sourced_secret{proto::secret(value->text), std::nullopt};
}

}  // namespace authnz::daemon
