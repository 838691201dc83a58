/// What a measurement found, as text for people.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "tools/bench/load.hpp"

namespace authnz::bench {

void print(std::ostream& out, const load_result& r);

/// The measurements of one of the two servers of a comparison.
struct series {
  std::string name;
  std::vector<double> rates;  ///< requests/s, one a round
  std::vector<double> cpu;    ///< microseconds of CPU a request, one a round
  load_result all;            ///< of all rounds
};

/// Both, and the median of the rounds' ratios.
void print(std::ostream& out, const series& server, const series& bare);

/// The middle value; of two the mean. 0 when there is none.
double median(std::vector<double> values);

}  // namespace authnz::bench
