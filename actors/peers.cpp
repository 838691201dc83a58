#include "actors/peers.hpp"

#include <sodium/crypto_shorthash.h>

#include <algorithm>
#include <array>
#include <utility>

namespace authnz::actors {

namespace {

// No secret: all nodes, and all builds, must come to the same owner.
constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> hash_key{'a', 'u', 't', 'h', 'n', 'z', ' ', 'o',
                                                                        'w', 'n', 'e', 'r', ' ', 'o', 'f', '1'};

/// SipHash-2-4, read in the byte order of its definition.
std::uint64_t hash_of(std::string_view text) {
  std::array<unsigned char, crypto_shorthash_BYTES> bytes{};
  crypto_shorthash(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash_key.data());
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = (number << 8) | bytes.at(i);
  return number;
}

}  // namespace

std::string_view owner_of(const peer_view& view, std::string_view key) {
  // No node's name has a NUL, so that no two pairs are the same text.
  std::string text;
  const auto weight_of = [&](std::string_view node) {
    text.assign(node).push_back('\0');
    text.append(key);
    return std::pair(hash_of(text), node);
  };
  auto greatest = weight_of(view.self);
  for (const auto& other : view.others) greatest = std::max(greatest, weight_of(other.node));
  return greatest.second == view.self ? std::string_view() : greatest.second;
}

}  // namespace authnz::actors
