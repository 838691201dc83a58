/// Reads items one by one from the sources, checks each by its row, and keeps
/// the first error; after one, values are empty ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "tools/daemon/config.hpp"
#include "tools/daemon/config_values.hpp"
#include "tools/daemon/sources.hpp"

namespace authnz::daemon {

class config_reader {
  template <class Parse>
  using value_of = typename std::invoke_result_t<Parse, const std::string&>::value_type;

 public:
  config_reader(const sources& from, const surroundings& around, config& into, purpose what_for)
      : from_(from),
        around_(around),
        into_(into),
        what_for_(what_for),
        places_{around.working_directory, around.home_directory} {}

  const std::optional<std::string>& error() const { return error_; }

  /// From here on `[[basedir]]` is this directory.
  void set_basedir(std::filesystem::path directory) { places_.basedir = std::move(directory); }

  /// The text of an item: as given, or `preset` if there is one, or the row's.
  std::string text(item id, std::optional<std::string> preset = std::nullopt);

  template <class Integer>
  Integer number(item id, std::optional<std::string> preset = std::nullopt) {
    const auto& r = row(id);
    return static_cast<Integer>(parsed(id, text(id, std::move(preset)),
                                       [&](const std::string& value) { return whole_number(value, r.min, r.max); }));
  }
  bool on(item id) { return parsed(id, text(id), flag); }
  template <class Enum>
  Enum one_of(item id) {
    return static_cast<Enum>(
        parsed(id, text(id), [&](const std::string& value) { return choice(value, row(id).choices); }));
  }
  /// The item's text through a function that returns an expected.
  template <class Parse>
  value_of<Parse> parsed(item id, Parse parse) {
    return parsed(id, text(id), parse);
  }

  /// The text of a row that names files, as an absolute path; nothing when the
  /// item is not set. By the row's kind it must be there.
  std::optional<std::filesystem::path> path(item id);

  /// Nothing when the item is not set.
  std::optional<sourced_secret> secret(item id);

  /// Records that something is wrong with an item, unless something was before.
  void refuse(item id, const std::string& reason);

 private:
  template <class Parse>
  value_of<Parse> parsed(item id, const std::string& value, Parse parse) {
    if (error_) return {};
    auto outcome = parse(value);
    if (!outcome) return refuse(id, outcome.error()), value_of<Parse>{};
    return std::move(*outcome);
  }
  std::optional<given_value> given(item id);
  std::optional<std::filesystem::path> secret_path(item id, const given_value& value);

  const sources& from_;
  const surroundings& around_;
  config& into_;
  purpose what_for_;
  placeholders places_;
  std::optional<std::string> error_;
};

}  // namespace authnz::daemon
