/// The audit: one JSON line an event, with digests in place of persons
/// (contract, section 12).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "actors/log.hpp"
#include "proto/error.hpp"
#include "proto/time.hpp"

namespace authnz::actors {

struct audit_event {
  std::string_view name;                     ///< of section 8 or 12, such as `user.login`
  proto::code outcome = proto::code::none;   ///< the failure reason; none = ok
  std::string_view reqid = {};               ///< JSON text; empty = null
  std::optional<personal_text> actor = {};   ///< who did it
  std::optional<personal_text> target = {};  ///< whom or what it was done to
  std::optional<personal_text> client = {};  ///< the client's address
};

/// Callable from any thread.
class audit_log {
 public:
  /// Writes to the ordinary log, or appends to `file`, which is made with mode
  /// 0600. The error names the file. `log` is kept.
  static tl::expected<std::unique_ptr<audit_log>, std::string> open(std::shared_ptr<const logger> log,
                                                                    std::optional<std::filesystem::path> file);
  ~audit_log();
  audit_log(const audit_log&) = delete;
  audit_log& operator=(const audit_log&) = delete;

  /// A line, and a record of the trail that no change brings along. A line that
  /// the file does not take goes to the ordinary log, with an error.
  void write(const audit_event& event, proto::timestamp now) noexcept;
  /// The line alone, for events whose record was committed with their change.
  void write_line(const audit_event& event, proto::timestamp now) noexcept;
  /// The text of an event's record in the trail (storage/audit_store.hpp).
  std::string trail_text(const audit_event& event, proto::timestamp now) const;

  /// Takes the texts of events that come without a change; empty = nobody does.
  using trail = std::function<void(std::string&& text)>;
  /// To be set while nobody writes.
  void set_trail(trail to) { trail_ = std::move(to); }
  /// What stands for persons in the trail; the log's own digest otherwise.
  const proto::pii_digest& trail_digest() const { return trail_digest_ ? *trail_digest_ : log_->digest(); }
  void set_trail_digest(std::shared_ptr<const proto::pii_digest> digest) { trail_digest_ = std::move(digest); }

  /// Opens the file anew, after it was moved away. When that fails the old one
  /// is kept, and the error says why.
  tl::expected<void, std::string> reopen();

 private:
  audit_log(std::shared_ptr<const logger> log, std::optional<std::filesystem::path> file, int fd)
      : log_(std::move(log)), file_(std::move(file)), fd_(fd) {}
  bool append(std::string_view line);

  std::shared_ptr<const logger> log_;
  std::optional<std::filesystem::path> file_;
  std::mutex mutex_;
  int fd_;  // -1 without a file
  trail trail_;
  std::shared_ptr<const proto::pii_digest> trail_digest_;
};

/// The line, without a line break.
std::string audit_line(const audit_event& event, proto::timestamp now, const proto::pii_digest& digest);

/// When the event of such a line happened; nothing if it is none.
std::optional<proto::timestamp> time_of_event(std::string_view line);

}  // namespace authnz::actors
