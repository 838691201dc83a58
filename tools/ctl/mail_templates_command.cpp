#include "tools/ctl/mail_templates_command.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

#include "actors/mail_templates.hpp"

namespace authnz::ctl {
namespace {

using std::filesystem::path;

struct mail_templates_options {
  path directory;
  bool check = false;
};

int complain(const std::string& what) {
  std::cerr << "authnzctl: " << what << '\n';
  return 1;
}

std::string reason(int error) { return std::generic_category().message(error); }

/// 0, or what `errno` says; EEXIST when there is something of that name already.
/// After an error there is no new file.
int make_file(const path& file, const std::string& text) {
  std::FILE* out = std::fopen(file.c_str(), "wxe");
  if (out == nullptr) return errno;
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
  int error = written ? 0 : errno;
  if (std::fclose(out) != 0 && error == 0) error = errno;
  std::error_code ignored;
  if (error != 0) std::filesystem::remove(file, ignored);
  return error;
}

int write(const path& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return complain(directory.string() + ": " + failed.message());
  for (const auto& [name, text] : actors::built_in_template_files()) {
    const auto file = directory / name;
    const int error = make_file(file, text);
    if (error != 0 && error != EEXIST) return complain(file.string() + ": " + reason(error));
    std::cout << file.string() << (error == 0 ? ": written\n" : ": is there already, left as it is\n");
  }
  return 0;
}

int check(const path& directory) {
  const auto loaded = actors::mail_templates::load(directory);
  if (!loaded) return complain(loaded.error());
  for (const auto& [name, text] : actors::built_in_template_files())
    std::cout << name << (std::filesystem::exists(directory / name) ? ": fine\n" : ": built in\n");
  return 0;
}

}  // namespace

void add_mail_templates(CLI::App& app, int& status) {
  const auto options = std::make_shared<mail_templates_options>();
  auto* command =
      app.add_subcommand("mail-templates", "Write the texts of messages to start from, or check changed ones");
  command->footer(
      "Never overwrites a file. Change what you like, remove what you do not, check the result with --check,\n"
      "and name the directory in the item emailtemplates. In a text, {{server_name}}, {{recipient}}, {{url}},\n"
      "{{token}}, {{expires}}, {{client_address}} and {{user_agent}} stand for what they say.");
  command->add_option("directory", options->directory, "Where the files are; it is made if it is not there")
      ->required();
  command->add_flag("--check", options->check, "Write nothing, but say whether the server would take the files");
  command->callback(
      [options, &status] { status = options->check ? check(options->directory) : write(options->directory); });
}

}  // namespace authnz::ctl
