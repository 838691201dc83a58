/// Session tokens, and the randomness and hashes they are made of (contract,
/// section 7.5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace authnz::proto {

/// From the system's generator; does not return without.
void random_bytes(std::span<unsigned char> out);

std::array<unsigned char, 32> sha256(std::string_view bytes);

/// A random UUID in lower case (RFC 4122, section 4.4) of 16 random bytes.
std::string uuid4(std::span<const unsigned char, 16> random);

/// URL-safe base64 without padding of the creation time (ns since 1970, 8
/// bytes big endian) and the random bytes. The time only orders keys: it is no
/// secret and no proof.
std::string make_token(std::uint64_t created_ns, std::span<const unsigned char, 32> random);

/// What a token is stored under: its first 8 bytes, and the SHA-256 of all of
/// it. Nothing if the text cannot be a token: only the one spelling of 40 to
/// 128 bytes passes.
std::optional<std::string> token_key(std::string_view token);

}  // namespace authnz::proto
