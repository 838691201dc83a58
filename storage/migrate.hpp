/// Leads a store from the format of an older program to this one's, one step
/// at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "storage/draft.hpp"

namespace authnz::storage {

/// Leads from one format to the next, within the transaction that opens the
/// store. The error says why that cannot be.
using migration = std::function<tl::expected<void, std::string>(draft&)>;

/// The steps of this program: the first leads from format 1 to 2, and so on.
std::span<const migration> migrations();

/// Formats begin with 1; a store has the one behind the last step.
constexpr std::uint64_t format_after(std::span<const migration> steps) { return steps.size() + 1; }

/// The format that the store has; 0 = the store is new.
std::uint64_t stored_format(const view& v);

/// Takes the steps that are missing, and notes the format, in a new store too.
/// A format that is newer than the steps, or damaged, is an error.
tl::expected<void, std::string> migrate(draft& state, std::span<const migration> steps);

}  // namespace authnz::storage
