#include "actors/audit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "proto/json_text.hpp"

namespace authnz::actors {
namespace {

tl::expected<int, std::string> open_for_appending(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd >= 0) return fd;
  return tl::unexpected("auditlog: " + file.string() + " cannot be opened: " + std::generic_category().message(errno));
}

std::string digest_or_null(const proto::pii_digest& digest, const std::optional<personal_text>& value) {
  return value ? digest_text(digest, *value) : "null";
}

std::string_view outcome_text(proto::code outcome) {
  return outcome == proto::code::none ? "ok" : proto::name(outcome);
}

}  // namespace

tl::expected<std::unique_ptr<audit_log>, std::string> audit_log::open(std::shared_ptr<const logger> log,
                                                                      std::optional<std::filesystem::path> file) {
  int fd = -1;
  if (file) {
    const auto opened = open_for_appending(*file);
    if (!opened) return tl::unexpected(opened.error());
    fd = *opened;
  }
  return std::unique_ptr<audit_log>(new audit_log(std::move(log), std::move(file), fd));
}

audit_log::~audit_log() {
  if (fd_ >= 0) ::close(fd_);
}

void audit_log::write(const audit_event& event, proto::timestamp now) noexcept {
  write_line(event, now);
  try {
    if (trail_) trail_(trail_text(event, now));
  } catch (const std::exception&) {
    log_->error("audit.event-lost", {});
  }
}

std::string audit_log::trail_text(const audit_event& event, proto::timestamp now) const {
  return audit_line(event, now, trail_digest());
}

void audit_log::write_line(const audit_event& event, proto::timestamp now) noexcept {
  try {
    const auto line = audit_line(event, now, log_->digest());
    if (!file_) return log_->write_line(line);
    if (append(line + "\n")) return;
    log_->error("audit.write-failed", {actors::open("file", file_->string())});
    log_->write_line(line);
  } catch (const std::exception&) {
    log_->error("audit.event-lost", {});
  }
}

bool audit_log::append(std::string_view line) {
  const std::lock_guard lock(mutex_);
  while (!line.empty()) {
    const auto written = ::write(fd_, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

tl::expected<void, std::string> audit_log::reopen() {
  if (!file_) return {};
  const auto opened = open_for_appending(*file_);
  if (!opened) return tl::unexpected(opened.error());
  const std::lock_guard lock(mutex_);
  ::close(std::exchange(fd_, *opened));
  return {};
}

std::string audit_line(const audit_event& event, proto::timestamp now, const proto::pii_digest& digest) {
  proto::object_text line;
  line.time("time", now)
      .text("event", event.name)
      .text("outcome", outcome_text(event.outcome))
      .raw("reqid", safe_reqid(event.reqid))
      .raw("actor", digest_or_null(digest, event.actor))
      .raw("target", digest_or_null(digest, event.target))
      .raw("client", digest_or_null(digest, event.client));
  return line.object();
}

std::optional<proto::timestamp> time_of_event(std::string_view line) {
  constexpr std::string_view before = R"({"time":")";
  if (!line.starts_with(before)) return std::nullopt;
  line.remove_prefix(before.size());
  return proto::parse_time(line.substr(0, line.find('"')));
}

}  // namespace authnz::actors
