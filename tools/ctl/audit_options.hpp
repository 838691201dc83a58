/// What `authnzctl audit` was asked for, and how it shows an event.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>

#include "tools/ctl/node_link.hpp"

namespace authnz::ctl {

struct audit_options {
  std::shared_ptr<node_options> node;
  std::string since, until, user, event, expected;
  std::size_t limit = 100;  ///< 0 = all
  bool follow = false;
  bool verify = false;
  bool all = false;  ///< nodes of the cluster
  bool as_json = false;

  bool is_filtered() const { return !since.empty() || !until.empty() || !user.empty() || !event.empty(); }
};

/// Time between two looks at what is new.
inline constexpr std::chrono::milliseconds between_looks{500};
/// That an answer may take: some read a large part of a store.
inline constexpr std::chrono::seconds longest_page{30};

/// Arguments of the question `audit`, but for where to begin.
tl::expected<nlohmann::json, link_error> wanted_of(const audit_options& o);

/// A member for people; `-` if it is absent or null.
std::string text_in_event(const nlohmann::json& event, const char* name);

/// Begins with `first` if that is a line for people.
void print_event(const nlohmann::json& event, const std::string& first, bool as_json);

}  // namespace authnz::ctl
