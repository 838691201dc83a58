#include "actors/log.hpp"

#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>

#include "proto/json_text.hpp"
#include "proto/time.hpp"

namespace authnz::actors {
namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warning", "error"};

std::string_view name_of(log_level level) { return level_names[static_cast<std::size_t>(level)]; }

std::string now_text() {
  return proto::format_time(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

/// Any bytes as ASCII; what is no UTF-8 becomes U+FFFD.
std::string as_json(std::string_view bytes) {
  return proto::json(bytes).dump(-1, ' ', true, proto::json::error_handler_t::replace);
}

bool is_plain(std::string_view text) {
  constexpr std::string_view others = "._:/@+-";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

/// A reqid for people: plain texts stand without quotes.
std::string shown_reqid(std::string_view reqid) {
  auto safe = safe_reqid(reqid);
  if (safe.size() > 2 && safe.front() == '"' && is_plain(std::string_view(safe).substr(1, safe.size() - 2)))
    return safe.substr(1, safe.size() - 2);
  return safe;
}

bool is_json_already(const log_field& field) { return field.what() == log_field::kind::json; }

}  // namespace

std::string digest_text(const proto::pii_digest& digest, const personal_text& value) {
  return as_json(value.is_token ? digest.of_token(value.text) : digest.of(value.text));
}

std::string safe_reqid(std::string_view reqid) {
  if (reqid.empty()) return "null";
  const auto value = proto::json::parse(reqid, nullptr, false);
  if (value.is_number() || value.is_string()) return value.dump(-1, ' ', true, proto::json::error_handler_t::replace);
  return as_json(reqid);
}

logger::logger(log_format format, log_level lowest, std::shared_ptr<const proto::pii_digest> digest)
    : logger(format, lowest, std::move(digest), std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

logger::logger(log_format format, log_level lowest, std::shared_ptr<const proto::pii_digest> digest,
               std::shared_ptr<spdlog::sinks::sink> sink)
    : format_(format), lowest_(lowest), digest_(std::move(digest)), sink_(std::move(sink)) {
  sink_->set_formatter(
      std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, std::string("\n")));
}

void logger::write(log_level level, std::string_view event, std::string_view reqid, log_fields fields) const noexcept {
  if (!writes(level)) return;
  try {
    write_line(format_ == log_format::text ? text_line(level, event, reqid, fields)
                                           : json_line(level, event, reqid, fields));
  } catch (const std::exception&) {
    // There is nowhere left to tell it.
    return;
  }
}

void logger::write_line(std::string_view line) const noexcept {
  try {
    sink_->log({std::string_view(), spdlog::level::info, {line.data(), line.size()}});
  } catch (const std::exception&) {
    return;
  }
}

std::string logger::value_of(const log_field& field) const {
  switch (field.what()) {
    case log_field::kind::personal: return digest_->of(field.value());
    case log_field::kind::token: return digest_->of_token(field.value());
    default: return field.value();
  }
}

std::string logger::text_line(log_level level, std::string_view event, std::string_view reqid,
                              log_fields fields) const {
  auto line =
      now_text() + " " + std::string(name_of(level)) + " " + (is_plain(event) ? std::string(event) : as_json(event));
  if (!reqid.empty()) line += " [" + shown_reqid(reqid) + "]";
  for (const auto& field : fields) {
    const auto value = value_of(field);
    line += " " + std::string(field.key()) + "=" + (is_plain(value) ? value : as_json(value));
  }
  return line;
}

std::string logger::json_line(log_level level, std::string_view event, std::string_view reqid,
                              log_fields fields) const {
  auto line = R"({"time":")" + now_text() + R"(","level":")" + std::string(name_of(level)) + R"(","event":)" +
              as_json(event) + R"(,"reqid":)" + safe_reqid(reqid);
  for (const auto& field : fields) {
    const auto value = value_of(field);
    line += "," + as_json(field.key()) + ":" + (is_json_already(field) ? value : as_json(value));
  }
  return line + "}";
}

}  // namespace authnz::actors
