#include "storage/migrate.hpp"

#include <array>

#include "storage/codec.hpp"
#include "storage/slices.hpp"
#include "storage/user_store.hpp"

namespace authnz::storage {

std::span<const migration> migrations() {
  static const std::array<migration, 1> steps{upgrade_users};
  return steps;
}

std::uint64_t stored_format(const view& v) {
  const auto found = v.get(slice::meta, format_key);
  if (!found) return 0;
  if (found->value.size() == 8) return leading_u64(found->value);
  v.report_fault();
  return 0;
}

tl::expected<void, std::string> migrate(draft& state, std::span<const migration> steps) {
  const auto newest = format_after(steps);
  const auto format = stored_format(state);
  if (state.fault()) return tl::make_unexpected<std::string>("its format is not readable: restore it from a backup");
  if (format > newest)
    return tl::make_unexpected<std::string>("its format is " + std::to_string(format) +
                                            ", and this program knows none beyond " + std::to_string(newest) +
                                            ": start the newer program that wrote it");

  for (auto from = format == 0 ? newest : format; from < newest; ++from)
    if (auto done = steps[from - 1](state); !done) return done;

  std::string text;
  append_u64(text, newest);
  state.put(slice::meta, format_key, 1, text);
  return {};
}

}  // namespace authnz::storage
