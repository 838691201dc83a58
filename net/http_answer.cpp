#include "net/http_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace authnz::net {

using proto::http_status;

namespace {

void append_number(std::string& out, std::uint64_t n) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out.append(digits.data(), end);
}

void append_status_line(std::string& out, http_status status) {
  auto line = proto::plain_text(status);
  line.remove_suffix(1);
  (out += "HTTP/1.1 ") += line;
}

}  // namespace

void append_answer(std::string& out, const answer_head& head, std::string_view body, bool without_body) {
  out.reserve(out.size() + body.size() + 320);
  append_status_line(out, head.status);
  out += "\r\nDate: ";
  out += head.date;
  (out += "\r\nContent-Type: ") += head.json ? std::string_view("application/json") : head.type;
  out += "\r\nCache-Control: no-store\r\nContent-Length: ";
  append_number(out, body.size());
  if (head.status == http_status::too_many_requests || (head.status == http_status::unavailable && !head.json)) {
    out += "\r\nRetry-After: ";
    append_number(out, std::max<std::uint32_t>(head.retry_after, 1));
  }
  if (head.status == http_status::method_not_allowed) (out += "\r\nAllow: ") += head.allow;
  if (head.close) out += "\r\nConnection: close";
  out += "\r\n\r\n";
  if (!without_body) out += body;
}

std::string http_date(std::chrono::sys_seconds t) {
  static constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(t - day);
  std::array<char, 64> text{};
  const int n = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                              weekdays.at(std::chrono::weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
                              months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                              static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                              static_cast<int>(time.seconds().count()));
  return {text.data(), static_cast<std::size_t>(n)};
}

}  // namespace authnz::net
