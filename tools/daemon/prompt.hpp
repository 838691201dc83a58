/// Asks the operator: on a terminal with questions, else one line an answer.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/secret.hpp"

namespace authnz::daemon {

class prompt {
 public:
  enum class manner : std::uint8_t {
    terminal,  ///< standard input is a terminal: questions, asked again when the answer is wrong
    lines,     ///< one line an answer; the end of input = the default
    silent,    ///< no questions: all defaults
  };

  prompt(std::istream& in, std::ostream& out, manner how) : in_(in), out_(out), how_(how) {}

  /// Gets what was answered, empty = the default; returns what is wrong with it.
  using check = std::function<std::optional<std::string>(const std::string& answer)>;
  using secret_check = std::function<std::optional<std::string>(const proto::secret& answer)>;

  /// Asks until the answer is right on a terminal; else a wrong one is an error.
  tl::expected<void, std::string> ask(std::string_view question, std::string_view preset, const check& take);
  /// The same, not echoed and asked twice on a terminal.
  tl::expected<void, std::string> ask_secret(std::string_view question, std::string_view preset,
                                             const secret_check& take);

 private:
  std::string line(const std::string& question);
  proto::secret hidden_line(const std::string& question);
  proto::secret hidden_twice(const std::string& question);
  template <class Read, class Check>
  tl::expected<void, std::string> until_right(std::string_view question, Read read, const Check& take);

  std::istream& in_;
  std::ostream& out_;
  manner how_;
};

/// `terminal` or `lines`, as standard input is.
prompt::manner manner_of_standard_input();

}  // namespace authnz::daemon
