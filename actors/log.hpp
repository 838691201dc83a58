/// The log: one line an event on standard error, as text or JSON (contract,
/// section 12).
///
/// Values are either open, or personal and then written as a digest. Secrets
/// have no way in. Control characters and everything beyond ASCII are escaped,
/// so that no input can forge a line.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "proto/pii_digest.hpp"
#include "proto/secret.hpp"

namespace spdlog::sinks {
class sink;
}

namespace authnz::actors {

enum class log_level : std::uint8_t { debug, info, warning, error };
enum class log_format : std::uint8_t { text, json };

/// A text that names or identifies somebody.
struct personal_text {
  std::string text;
  bool is_token = false;  ///< tokens are digested even where personal data is in clear
};

/// One `key=value` of a line. Keys are lower-case words of the code's own.
class log_field {
 public:
  enum class kind : std::uint8_t {
    text,
    json,  ///< a number or truth value, as it is
    personal,
    token,
  };
  log_field(kind what, std::string_view key, std::string value) : what_(what), key_(key), value_(std::move(value)) {}

  kind what() const noexcept { return what_; }
  std::string_view key() const noexcept { return key_; }
  const std::string& value() const noexcept { return value_; }

 private:
  kind what_;
  std::string_view key_;
  std::string value_;
};

/// Neither personal nor secret: counts, names of ours, reasons.
inline log_field open(std::string_view key, std::string_view value) {
  return {log_field::kind::text, key, std::string(value)};
}
inline log_field open(std::string_view key, const char* value) { return open(key, std::string_view(value)); }
inline log_field open(std::string_view key, const std::string& value) { return open(key, std::string_view(value)); }
template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number> && !std::is_same_v<Number, char>>>
log_field open(std::string_view key, Number value) {
  if constexpr (std::is_same_v<Number, bool>)
    return {log_field::kind::json, key, value ? "true" : "false"};
  else
    return {log_field::kind::json, key, std::to_string(value)};
}
log_field open(std::string_view key, const proto::secret& value) = delete;

/// Ids, addresses, names, IP addresses, user agents, refused input: a digest.
inline log_field personal(std::string_view key, std::string_view value) {
  return {log_field::kind::personal, key, std::string(value)};
}
log_field personal(std::string_view key, const proto::secret& value) = delete;

/// A session, API-key or refresh token: a digest, always.
inline log_field token(std::string_view key, std::string_view value) {
  return {log_field::kind::token, key, std::string(value)};
}

using log_fields = std::initializer_list<log_field>;

/// Callable from any thread; never throws. A line that cannot be written is lost.
class logger {
 public:
  /// Writes to standard error. Lines below `lowest` are left out.
  logger(log_format format, log_level lowest, std::shared_ptr<const proto::pii_digest> digest);
  logger(log_format format, log_level lowest, std::shared_ptr<const proto::pii_digest> digest,
         std::shared_ptr<spdlog::sinks::sink> sink);

  bool writes(log_level level) const noexcept { return level >= lowest(); }
  log_level lowest() const noexcept { return lowest_.load(std::memory_order_relaxed); }
  void set_lowest(log_level level) noexcept { lowest_.store(level, std::memory_order_relaxed); }

  /// `event` is a dotted name of ours. `reqid` is the request's JSON text, or
  /// empty for lines that belong to no request.
  void write(log_level level, std::string_view event, std::string_view reqid, log_fields fields = {}) const noexcept;

  void debug(std::string_view event, log_fields fields) const noexcept { write(log_level::debug, event, {}, fields); }
  void info(std::string_view event, log_fields fields) const noexcept { write(log_level::info, event, {}, fields); }
  void warning(std::string_view event, log_fields fields) const noexcept {
    write(log_level::warning, event, {}, fields);
  }
  void error(std::string_view event, log_fields fields) const noexcept { write(log_level::error, event, {}, fields); }

  /// One of the request's lines.
  void debug(std::string_view event, std::string_view reqid, log_fields fields) const noexcept {
    write(log_level::debug, event, reqid, fields);
  }
  void info(std::string_view event, std::string_view reqid, log_fields fields) const noexcept {
    write(log_level::info, event, reqid, fields);
  }
  void warning(std::string_view event, std::string_view reqid, log_fields fields) const noexcept {
    write(log_level::warning, event, reqid, fields);
  }
  void error(std::string_view event, std::string_view reqid, log_fields fields) const noexcept {
    write(log_level::error, event, reqid, fields);
  }

  /// A line that is complete already, ASCII without line breaks: the audit's.
  void write_line(std::string_view line) const noexcept;

  const proto::pii_digest& digest() const noexcept { return *digest_; }

 private:
  std::string value_of(const log_field& field) const;
  std::string text_line(log_level level, std::string_view event, std::string_view reqid, log_fields fields) const;
  std::string json_line(log_level level, std::string_view event, std::string_view reqid, log_fields fields) const;

  log_format format_;
  std::atomic<log_level> lowest_;
  std::shared_ptr<const proto::pii_digest> digest_;
  std::shared_ptr<spdlog::sinks::sink> sink_;
};

/// A digest, or null, as JSON text.
std::string digest_text(const proto::pii_digest& digest, const personal_text& value);

/// `reqid` as JSON text that cannot break a line; `null` when it is empty.
std::string safe_reqid(std::string_view reqid);

}  // namespace authnz::actors
