#include "actors/sealing.hpp"

#include <chrono>
#include <stdexcept>

#include "proto/envelope.hpp"

namespace authnz::actors {

namespace {

std::int64_t seconds_now() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return now.time_since_epoch().count();
}

}  // namespace

std::optional<std::string> seal(const proto::secret& text, const proto::keyring_ptr& keys) {
  try {
    std::string out;
    if (proto::envelope(keys).seal(text.reveal(), keys->keys().front(), seconds_now(), out)) return out;
  } catch (const std::runtime_error&) {  // OpenSSL lacks an algorithm
  }
  return std::nullopt;
}

std::optional<proto::secret> unseal(std::string_view sealed, const proto::keyring_ptr& keys) {
  try {
    proto::envelope envelope(keys);
    if (const auto opened = envelope.open(sealed)) return proto::secret(std::string(opened->payload));
  } catch (const std::runtime_error&) {  // as above
  }
  return std::nullopt;
}

}  // namespace authnz::actors
