// For libFuzzer: clang++ -fsanitize=fuzzer,address,undefined
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/decode_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!authnz::storage::decode_record({reinterpret_cast<const char*>(data), size})) std::abort();
  return 0;
}
