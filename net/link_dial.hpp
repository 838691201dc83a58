/// The tool's end of the admin link: dials a node, proves who both are, and
/// reaches the actor that the node publishes.
///
/// One link has one actor system and one thread. For a node that was started
/// anew, dial anew. Nothing takes longer than it may, the look-up of a host's
/// name aside.
#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "actors/inspection_door.hpp"
#include "net/certificate_folder.hpp"

namespace authnz::net {

/// Why a question has no answer.
struct no_answer {
  enum class kind : std::uint8_t {
    lost,      ///< the link ended; the question may have been heard
    too_late,  ///< no answer in time
    refused,   ///< the node has nobody who takes the question
  };
  kind what{};
  std::string text;  ///< a sentence that says what to do
};

struct dial_options {
  std::string host;
  std::uint16_t port = 0;
  std::chrono::milliseconds longest_connect{2000};
  std::chrono::milliseconds longest_handshake{2000};
  std::chrono::milliseconds longest_greeting{2000};
};

class link_dial {
 public:
  /// The error is a sentence that says what to do.
  static tl::expected<std::unique_ptr<link_dial>, std::string> open(const link_identity& identity,
                                                                    const dial_options& options);
  ~link_dial();
  link_dial(const link_dial&) = delete;
  link_dial& operator=(const link_dial&) = delete;

  using answer = tl::expected<std::string, no_answer>;
  answer hello(std::uint16_t version, const std::string& who, std::chrono::milliseconds longest);
  /// The text as the node sent it. Knows at once when the link ends.
  answer ask(const std::string& question, const std::string& arguments, const std::string& who,
             std::chrono::milliseconds longest);
  /// False once the link has ended.
  bool holds() const;

 private:
  struct state;
  explicit link_dial(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}  // namespace authnz::net
