#include "actors/password_hash.hpp"

#include <argon2.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <optional>
#include <utility>

namespace authnz::actors {

/// The memory that libargon2 computes in.
struct password_hasher::buffer {
  explicit buffer(std::size_t bytes) : kept(bytes) {}

  static int allocate(std::uint8_t** memory, std::size_t bytes) { return lent->hand_out(memory, bytes); }
  // libargon2 has wiped the memory when it gives it back.
  static void take_back(std::uint8_t*, std::size_t) {
    if (lent->size > lent->kept) lent->drop();
  }

  int hand_out(std::uint8_t** out, std::size_t bytes) {
    if (bytes > size) {
      drop();
      memory.reset(new (std::nothrow) std::uint8_t[bytes]);
      if (!memory) return ARGON2_MEMORY_ALLOCATION_ERROR;
      size = bytes;
    }
    *out = memory.get();
    return ARGON2_OK;
  }

  void drop() {
    memory.reset();
    size = 0;
  }

  std::unique_ptr<std::uint8_t[]> memory;
  std::size_t size = 0;
  std::size_t kept;

  // libargon2's callbacks get no argument of ours.
  static thread_local buffer* lent;
};

thread_local password_hasher::buffer* password_hasher::buffer::lent = nullptr;

namespace {

constexpr std::uint32_t max_memory_kib = 1048576;
constexpr std::uint32_t max_passes = 64;
constexpr std::uint32_t max_lanes = 64;
constexpr std::size_t kib = 1024;

/// Bytes of bounded number, in place.
template <std::size_t Capacity>
struct short_bytes {
  std::array<unsigned char, Capacity> data{};
  std::size_t size = 0;

  std::span<const unsigned char> view() const { return {data.data(), size}; }
};

struct parsed_hash {
  argon2_type type = Argon2_id;
  std::uint32_t version = ARGON2_VERSION_10;
  argon2_params params;
  short_bytes<48> salt;
  short_bytes<64> tag;
};

std::string_view type_name(argon2_type type) { return type == Argon2_id ? "argon2id" : "argon2i"; }

/// Cuts off and returns what comes before the first `separator`.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `prefix` and a decimal number as PHC strings write it, without leading zeros.
std::optional<std::uint32_t> phc_number(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.starts_with('0')) return std::nullopt;
  return whole_number(text);
}

template <std::size_t Capacity>
bool decode(std::string_view text, std::size_t at_least, short_bytes<Capacity>& out) {
  const char* end = nullptr;
  if (sodium_base642bin(out.data.data(), Capacity, text.data(), text.size(), nullptr, &out.size, &end,
                        sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
    return false;
  return end == text.data() + text.size() && out.size >= at_least;
}

std::string encode(std::span<const unsigned char> bytes) {
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.pop_back();  // its NUL
  return text;
}

bool within_bounds(const argon2_params& p) {
  return p.lanes >= 1 && p.lanes <= max_lanes && p.passes >= 1 && p.passes <= max_passes &&
         p.memory_kib >= 8 * p.lanes && p.memory_kib <= max_memory_kib;
}

std::optional<argon2_params> parse_phc_params(std::string_view text) {
  const auto memory = phc_number(take_until(text, ','), "m=");
  const auto passes = phc_number(take_until(text, ','), "t=");
  const auto lanes = phc_number(text, "p=");
  if (!memory || !passes || !lanes) return std::nullopt;
  const argon2_params params{*memory, *passes, *lanes};
  if (!within_bounds(params)) return std::nullopt;
  return params;
}

bool is_version(std::uint32_t v) { return v == ARGON2_VERSION_10 || v == ARGON2_VERSION_13; }

/// `$argon2id$v=19$m=65536,t=3,p=1$SALT$TAG`; without `v` it is version 16.
std::optional<parsed_hash> parse_phc(std::string_view text) {
  parsed_hash hash;
  if (!take_until(text, '$').empty()) return std::nullopt;
  const auto type = take_until(text, '$');
  if (type != type_name(Argon2_id) && type != type_name(Argon2_i)) return std::nullopt;
  hash.type = type == type_name(Argon2_id) ? Argon2_id : Argon2_i;

  if (text.starts_with("v=")) {
    const auto version = phc_number(take_until(text, '$'), "v=");
    if (!version || !is_version(*version)) return std::nullopt;
    hash.version = *version;
  }
  const auto params = parse_phc_params(take_until(text, '$'));
  if (!params) return std::nullopt;
  hash.params = *params;
  if (!decode(take_until(text, '$'), 8, hash.salt) || !decode(text, 12, hash.tag)) return std::nullopt;
  return hash;
}

/// libsodium's code is the faster one, where it computes the same.
bool sodium_can(const parsed_hash& h) {
  return h.params.lanes == 1 && h.version == ARGON2_VERSION_13 && h.salt.size == crypto_pwhash_argon2id_SALTBYTES &&
         h.tag.size >= crypto_pwhash_argon2id_BYTES_MIN &&
         (h.type == Argon2_id || h.params.passes >= crypto_pwhash_argon2i_OPSLIMIT_MIN);
}

bool compute_with_sodium(parsed_hash& h, std::string_view password) {
  const auto hash = h.type == Argon2_id ? crypto_pwhash_argon2id : crypto_pwhash_argon2i;
  const auto algorithm =
      h.type == Argon2_id ? crypto_pwhash_argon2id_ALG_ARGON2ID13 : crypto_pwhash_argon2i_ALG_ARGON2I13;
  return hash(h.tag.data.data(), h.tag.size, password.data(), password.size(), h.salt.data.data(), h.params.passes,
              h.params.memory_kib * kib, algorithm) == 0;
}

/// Fills in `h.tag`, `h.tag.size` bytes of it.
template <class Buffer>
void compute(Buffer& buffer, parsed_hash& h, std::string_view password) {
  if (sodium_can(h)) {
    if (!compute_with_sodium(h, password)) throw std::bad_alloc();
    return;
  }
  argon2_context context{};
  context.out = h.tag.data.data();
  context.outlen = static_cast<std::uint32_t>(h.tag.size);
  // The flags ask for no wiping, so libargon2 only reads it.
  context.pwd = reinterpret_cast<std::uint8_t*>(const_cast<char*>(password.data()));
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = h.salt.data.data();
  context.saltlen = static_cast<std::uint32_t>(h.salt.size);
  context.t_cost = h.params.passes;
  context.m_cost = h.params.memory_kib;
  context.lanes = h.params.lanes;
  context.threads = 1;
  context.version = h.version;
  context.allocate_cbk = &Buffer::allocate;
  context.free_cbk = &Buffer::take_back;

  Buffer::lent = &buffer;
  const int error = argon2_ctx(&context, h.type);
  Buffer::lent = nullptr;
  if (error != ARGON2_OK) throw std::bad_alloc();
}

parsed_hash own_hash(std::span<const unsigned char> salt, const argon2_params& params) {
  parsed_hash h;
  h.version = ARGON2_VERSION_13;
  h.params = params;
  h.salt.size = salt.size();
  std::copy(salt.begin(), salt.end(), h.salt.data.begin());
  h.tag.size = password_hasher::tag_bytes;
  return h;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Kept apart: inlined, GCC 12 mistakes the moves of the text for writes beyond
// its end.
[[gnu::noinline]] tl::expected<argon2_params, std::string> refused(std::string_view before, std::string_view rest) {
  std::string why(before);
  why += rest;
  return tl::expected<argon2_params, std::string>(tl::unexpect, std::move(why));
}

/// Why the configuration may not ask for `p`; empty when it may.
std::string_view out_of_range(const argon2_params& p) {
  if (p.passes < 1 || p.passes > max_passes) return "t must be within 1 and 64";
  if (p.lanes < 1 || p.lanes > max_lanes) return "p must be within 1 and 64";
  if (p.memory_kib < 8 * p.lanes || p.memory_kib > max_memory_kib) return "m must be within 8 x p and 1048576";
  return {};
}

}  // namespace

tl::expected<argon2_params, std::string> parse_argon2(std::string_view text) {
  argon2_params params;
  const std::array<std::pair<char, std::uint32_t*>, 3> names{
      {{'m', &params.memory_kib}, {'t', &params.passes}, {'p', &params.lanes}}};
  std::string seen;
  while (!text.empty()) {
    const auto pair = trimmed(take_until(text, ','));
    const auto name = std::ranges::find_if(
        names, [pair](const auto& n) { return pair.size() > 1 && pair[0] == n.first && pair[1] == '='; });
    if (name == names.end()) return refused({}, "expected m=KIB,t=PASSES,p=LANES");
    if (seen.find(name->first) != std::string::npos) return refused({&name->first, 1}, " is given twice");
    seen += name->first;
    const auto value = whole_number(pair.substr(2));
    if (!value) return refused({&name->first, 1}, " must be a whole number");
    *name->second = *value;
  }
  if (const auto reason = out_of_range(params); !reason.empty()) return refused({}, reason);
  return params;
}

password_hasher::password_hasher(std::uint32_t kept_kib) : buffer_(std::make_unique<buffer>(kept_kib * kib)) {
  // Chooses the implementation for this processor; calls after the first do nothing.
  if (sodium_init() < 0) throw std::bad_alloc();
}

password_hasher::~password_hasher() = default;

std::string password_hasher::make(std::string_view password, std::span<const unsigned char, salt_bytes> salt,
                                  const argon2_params& params) {
  auto h = own_hash(salt, params);
  compute(*buffer_, h, password);
  return "$argon2id$v=19$m=" + std::to_string(params.memory_kib) + ",t=" + std::to_string(params.passes) +
         ",p=" + std::to_string(params.lanes) + "$" + encode(h.salt.view()) + "$" + encode(h.tag.view());
}

bool password_hasher::verify(std::string_view password, std::string_view phc) {
  const auto known = parse_phc(phc);
  if (!known) return false;
  auto h = *known;
  compute(*buffer_, h, password);
  const bool equal = sodium_memcmp(h.tag.data.data(), known->tag.data.data(), known->tag.size) == 0;
  sodium_memzero(h.tag.data.data(), h.tag.size);
  return equal;
}

void password_hasher::dummy(std::string_view password, const argon2_params& params) {
  constexpr std::array<unsigned char, salt_bytes> salt{};
  auto h = own_hash(salt, params);
  compute(*buffer_, h, password);
  sodium_memzero(h.tag.data.data(), h.tag.size);
}

bool is_verifiable(std::string_view phc) { return parse_phc(phc).has_value(); }

bool needs_rehash(std::string_view phc, const argon2_params& params) {
  const auto h = parse_phc(phc);
  return !h || h->type != Argon2_id || h->version != ARGON2_VERSION_13 || h->params != params ||
         h->salt.size != password_hasher::salt_bytes || h->tag.size != password_hasher::tag_bytes;
}

}  // namespace authnz::actors
