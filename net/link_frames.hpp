/// What comes over a link, judged before CAF gets it (BASP, version 3, of CAF
/// 0.17.6).
///
/// CAF trusts whom it is linked to: it makes room for what a header announces, up
/// to 4 GiB, and delivers any message to any actor, the one that ends it
/// included. Here no frame is longer than it may be, messages consist of what
/// nodes and tools say to each other, and but for answers they are for the one
/// actor that is published over the link. Whose question an answer answers is not
/// judged, nor what it says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace authnz::net {

/// What may come over a link.
struct link_bounds {
  std::uint64_t door = 0;  ///< the id of the actor that may be asked; 0 = none
  std::uint32_t longest_message = 64U << 20;
};

class link_frames {
 public:
  explicit link_frames(link_bounds b = {}) : bounds_(b) {}

  /// Takes what came next. False: it must not be handed on, and the link must
  /// end. Whatever was handed on before is harmless.
  bool take(std::string_view bytes);

 private:
  bool judge_header();
  bool judge_message() const;

  link_bounds bounds_;
  std::string start_;             ///< of the frame: its header, and what is looked at of its payload
  std::uint32_t to_look_at_ = 0;  ///< bytes of the payload; known with the header
  std::uint32_t rest_ = 0;        ///< bytes to come after the start
};

}  // namespace authnz::net
