#include "proto/time.hpp"

#include <array>
#include <cstdint>

namespace authnz::proto {

namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::chrono::sys_seconds first_second = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
constexpr std::chrono::sys_seconds end_second = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1};

// Writes the last `width` digits of `value` and returns the end.
template <int width>
char* put(char* at, unsigned value) {
  for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
  return at + width;
}

char* put(char* at, char c) {
  *at = c;
  return at + 1;
}

class reader {
 public:
  explicit reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

  // Exactly `width` digits; nothing if there are fewer.
  std::optional<int> number(int width) {
    int value = 0;
    for (int i = 0; i < width; ++i) {
      if (!at_digit()) return {};
      value = 10 * value + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  std::optional<int> number_up_to(int width, int greatest) {
    const auto value = number(width);
    return value && *value <= greatest ? value : std::nullopt;
  }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> read_date(reader& in) {
  const auto year = in.number(4);
  if (!year || *year == 0 || !in.take('-')) return {};
  const auto month = in.number(2);
  if (!month || !in.take('-')) return {};
  const auto day = in.number(2);
  if (!day) return {};
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return {};
  return std::chrono::sys_days{date};
}

std::optional<microseconds> read_fraction(reader& in) {
  if (!in.take('.')) return microseconds{0};
  if (!in.at_digit()) return {};
  int value = 0;
  for (int i = 0; i < 6; ++i) value = 10 * value + (in.at_digit() ? *in.number(1) : 0);
  return microseconds{value};
}

std::optional<microseconds> read_clock(reader& in) {
  const auto hour = in.number_up_to(2, 23);
  if (!hour || !in.take(':')) return {};
  const auto minute = in.number_up_to(2, 59);
  if (!minute || !in.take(':')) return {};
  const auto second = in.number_up_to(2, 59);
  if (!second) return {};
  const auto fraction = read_fraction(in);
  if (!fraction) return {};
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second} + *fraction;
}

std::optional<seconds> read_zone(reader& in) {
  if (in.at_end() || in.take('Z')) return seconds{0};
  const bool east = in.take('+');
  if (!east && !in.take('-')) return {};
  const auto hour = in.number_up_to(2, 23);
  if (!hour || !in.take(':')) return {};
  const auto minute = in.number_up_to(2, 59);
  if (!minute) return {};
  const seconds offset = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  return east ? offset : -offset;
}

}  // namespace

std::string format_time(timestamp t) {
  const auto day = std::chrono::floor<days>(t);
  const std::chrono::year_month_day date{day};
  const auto in_day = static_cast<std::uint64_t>((t - day).count());
  const auto second = static_cast<unsigned>(in_day / 1'000'000);
  const auto fraction = static_cast<unsigned>(in_day % 1'000'000);
  std::array<char, 26> text{};
  char* at = put<4>(text.data(), static_cast<unsigned>(static_cast<int>(date.year())));
  at = put<2>(put(at, '-'), static_cast<unsigned>(date.month()));
  at = put<2>(put(at, '-'), static_cast<unsigned>(date.day()));
  at = put<2>(put(at, 'T'), second / 3600);
  at = put<2>(put(at, ':'), second / 60 % 60);
  at = put<2>(put(at, ':'), second % 60);
  if (fraction != 0) at = put<6>(put(at, '.'), fraction);
  return {text.data(), at};
}

std::optional<timestamp> parse_time(std::string_view text) noexcept {
  reader in{text};
  const auto date = read_date(in);
  if (!date || (!in.take('T') && !in.take(' '))) return {};
  const auto clock = read_clock(in);
  if (!clock) return {};
  const auto zone = read_zone(in);
  if (!zone || !in.at_end()) return {};
  const timestamp t = *date + *clock - *zone;
  return is_writable(t) ? std::optional{t} : std::nullopt;
}

bool is_writable(timestamp t) noexcept { return t >= first_second && t < end_second; }

std::optional<timestamp> add_seconds(timestamp t, std::int64_t amount) noexcept {
  const auto whole = std::chrono::floor<seconds>(t);
  // Differences, not sums: they stay far within the range whatever `amount` is.
  if (amount < (first_second - whole).count() || amount >= (end_second - whole).count()) return {};
  return timestamp{whole + seconds{amount}} + (t - whole);
}

}  // namespace authnz::proto
