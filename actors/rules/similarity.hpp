/// How alike two texts are (contract, section 7.1; J. W. Ratcliff and D. E.
/// Metzener, "Pattern Matching: The Gestalt Approach", 1988).
#pragma once

#include <string_view>

namespace authnz::actors::rules {

/// 200 M / T percent (M matched, T both lengths) of the code points, without junk rules: 0 to 100. Of several
/// longest common blocks the one that is earliest in `password` counts, then
/// the one that is earliest in `other`. Two empty texts are alike. Memory is
/// proportional to the texts; the worst texts of 1024 and 4096 code points
/// take tens of milliseconds.
double similarity(std::u32string_view password, std::u32string_view other);

}  // namespace authnz::actors::rules
