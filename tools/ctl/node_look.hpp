/// Two looks at a node (answers to `snapshot`) as numbers between them: what
/// happened a second, and how long it took. Members that are missing are zero,
/// so that tools and nodes of different versions get along.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "actors/meter.hpp"

namespace authnz::ctl {

using actors::histogram;

std::uint64_t number_of(const nlohmann::json& object, const char* name);
/// Empty if it is absent, null or no text.
std::string text_of(const nlohmann::json& object, const char* name);
/// The counts of a sparse histogram, `[[place, count], ...]`.
histogram::counts counts_of(const nlohmann::json& object, const char* name);

/// How long it took: of what happened between the looks or, if nothing did or
/// there was no look before, of all.
struct time_taken {
  std::uint64_t events = 0;  ///< that it is about
  std::chrono::microseconds p50{0};
  std::chrono::microseconds p99{0};
};
time_taken time_between(const histogram::counts& before, const histogram::counts& now);

struct actor_line {
  std::string node;
  std::string actor;
  std::string kind;
  std::uint64_t shard = 0;
  std::string state;
  std::chrono::seconds age{0};
  std::uint64_t restarts = 0;
  std::string last_error;
  std::uint64_t in_flight = 0;
  std::uint64_t peak = 0;
  std::uint64_t waiting = 0;
  std::chrono::microseconds oldest{0};
  double rate = 0;  ///< handled a second
  std::uint64_t handled = 0;
  std::uint64_t failed = 0;
  time_taken wait;
  time_taken service;
  std::optional<std::uint64_t> memory;  ///< bytes
  std::string last_request;
};

struct request_line {
  std::string node;
  std::string request;
  double rate = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;       ///< with a failure reason
  std::uint64_t limited = 0;      ///< 429
  std::uint64_t unavailable = 0;  ///< 503 and 500
  time_taken duration;
};

/// A pair of looks. Without a look before, or if the node was started again
/// meanwhile, rates are those since its start.
class node_look {
 public:
  node_look() = default;
  node_look(nlohmann::json before, nlohmann::json now);

  const nlohmann::json& now() const { return now_; }
  bool is_empty() const { return now_.empty(); }
  double seconds() const { return seconds_; }

  std::vector<actor_line> actors() const;
  std::vector<request_line> requests() const;
  /// Of a member of an object of the answer, such as `/journal/applied`.
  std::uint64_t total(const char* pointer) const;
  double rate(const char* pointer) const;
  time_taken time(const char* object, const char* name) const;

 private:
  const nlohmann::json& row_before(const char* list, const char* key, const std::string& id) const;

  nlohmann::json before_ = nlohmann::json::object();
  nlohmann::json now_ = nlohmann::json::object();
  double seconds_ = 1;
};

}  // namespace authnz::ctl
