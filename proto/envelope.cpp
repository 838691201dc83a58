#include "proto/envelope.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "proto/base64.hpp"

namespace authnz::proto {

namespace {

// Where the parts of a token are.
constexpr std::size_t stamp_at = 1;
constexpr std::size_t iv_at = 9;
constexpr std::size_t text_at = 25;
constexpr std::size_t block = 16;
constexpr std::size_t mac_size = 32;
constexpr char version = '\x80';

constexpr std::int64_t greatest_skew = 60;
constexpr std::size_t greatest_text = std::size_t{1} << 30;

template <auto release>
struct releaser {
  template <class T>
  void operator()(T* p) const noexcept {
    release(p);
  }
};
using cipher_ptr = std::unique_ptr<EVP_CIPHER, releaser<EVP_CIPHER_free>>;
using cipher_ctx = std::unique_ptr<EVP_CIPHER_CTX, releaser<EVP_CIPHER_CTX_free>>;
using mac_ptr = std::unique_ptr<EVP_MAC, releaser<EVP_MAC_free>>;
using mac_ctx = std::unique_ptr<EVP_MAC_CTX, releaser<EVP_MAC_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void require(bool held) {
  if (!held) throw std::runtime_error("OpenSSL cannot set up AES-128-CBC and HMAC-SHA-256");
}

// Beyond the range, which no clock reaches, it is the greatest.
std::int64_t read_stamp(std::string_view token) {
  std::uint64_t stamp = 0;
  for (const char c : token.substr(stamp_at, 8)) stamp = stamp << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(std::min<std::uint64_t>(stamp, std::numeric_limits<std::int64_t>::max()));
}

void append_stamp(std::string& token, std::int64_t stamp) {
  for (int shift = 56; shift >= 0; shift -= 8)
    token.push_back(static_cast<char>(static_cast<std::uint64_t>(stamp) >> shift & 0xFFU));
}

// Takes PKCS #7 padding off; false if there is none.
bool unpad(std::string_view& text) {
  const auto pad = static_cast<unsigned char>(text.back());
  if (pad == 0 || pad > block) return false;
  const auto padding = text.substr(text.size() - pad);
  if (!std::ranges::all_of(padding, [&](char c) { return c == text.back(); })) return false;
  text.remove_suffix(pad);
  return true;
}

}  // namespace

struct envelope::algorithms {
  cipher_ptr cipher{EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr)};
  mac_ptr hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};

  algorithms() { require(cipher != nullptr && hmac != nullptr); }
};

// One key's contexts. They keep the key's schedules; each use only resets them.
class envelope::machine {
 public:
  using mac_bytes = std::array<unsigned char, mac_size>;

  machine(const algorithms& with, key_ptr key)
      : key_(std::move(key)),
        encrypt_(EVP_CIPHER_CTX_new()),
        decrypt_(EVP_CIPHER_CTX_new()),
        mac_(EVP_MAC_CTX_new(with.hmac.get())) {
    require(encrypt_ != nullptr && decrypt_ != nullptr && mac_ != nullptr);
    const auto* secret = key_->encryption().data();
    require(EVP_EncryptInit_ex2(encrypt_.get(), with.cipher.get(), secret, nullptr, nullptr) == 1);
    require(EVP_DecryptInit_ex2(decrypt_.get(), with.cipher.get(), secret, nullptr, nullptr) == 1);
    EVP_CIPHER_CTX_set_padding(encrypt_.get(), 0);
    EVP_CIPHER_CTX_set_padding(decrypt_.get(), 0);
    char digest[] = "SHA256";
    const std::array<OSSL_PARAM, 2> params{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                           OSSL_PARAM_construct_end()};
    require(EVP_MAC_init(mac_.get(), key_->signing().data(), key_->signing().size(), params.data()) == 1);
  }

  const key_ptr& key() const { return key_; }

  bool mac(std::string_view text, unsigned char* out) {
    std::size_t size = 0;
    return EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1 &&
           EVP_MAC_update(mac_.get(), bytes_of(text), text.size()) == 1 &&
           EVP_MAC_final(mac_.get(), out, &size, mac_size) == 1 && size == mac_size;
  }

  // `text` is of whole blocks; `out` gets as many bytes.
  bool encrypt(const unsigned char* iv, std::string_view text, unsigned char* out) {
    int size = 0;
    return EVP_EncryptInit_ex2(encrypt_.get(), nullptr, nullptr, iv, nullptr) == 1 &&
           EVP_EncryptUpdate(encrypt_.get(), out, &size, bytes_of(text), static_cast<int>(text.size())) == 1 &&
           static_cast<std::size_t>(size) == text.size();
  }

  bool decrypt(const unsigned char* iv, std::string_view text, unsigned char* out) {
    int size = 0;
    return EVP_DecryptInit_ex2(decrypt_.get(), nullptr, nullptr, iv, nullptr) == 1 &&
           EVP_DecryptUpdate(decrypt_.get(), out, &size, bytes_of(text), static_cast<int>(text.size())) == 1 &&
           static_cast<std::size_t>(size) == text.size();
  }

 private:
  key_ptr key_;
  cipher_ctx encrypt_;
  cipher_ctx decrypt_;
  mac_ctx mac_;
};

// One call of the generator for many vectors; none is given twice.
class envelope::iv_pool {
 public:
  // Null: the generator failed.
  const unsigned char* next() {
    if (used_ == pool_.size()) {
      if (RAND_bytes(pool_.data(), static_cast<int>(pool_.size())) != 1) return nullptr;
      used_ = 0;
    }
    const auto* iv = pool_.data() + used_;
    used_ += block;
    return iv;
  }

 private:
  std::array<unsigned char, 64 * block> pool_{};
  std::size_t used_ = sizeof pool_;
};

bool is_fresh(std::int64_t stamp, std::int64_t now, std::int64_t max_age) noexcept {
  return max_age == 0 || (stamp >= now - max_age && stamp <= now + greatest_skew);
}

envelope::envelope(const keyring_ptr& keys)
    : algorithms_(std::make_unique<const algorithms>()), ivs_(std::make_unique<iv_pool>()) {
  use(keys);
}

envelope::~envelope() { OPENSSL_cleanse(payload_.data(), payload_.size()); }
envelope::envelope(envelope&&) noexcept = default;
envelope& envelope::operator=(envelope&&) noexcept = default;

void envelope::use(const keyring_ptr& keys) {
  std::vector<machine> machines;
  machines.reserve(keys->keys().size());
  for (const auto& key : keys->keys()) machines.emplace_back(*algorithms_, key);
  machines_ = std::move(machines);
}

tl::expected<opened, open_fault> envelope::open(std::string_view body) {
  if (!decode_base64_skipping(body, outer_) || !decode_base64_url(outer_, base64_padding::required, token_))
    return tl::unexpected(open_fault::bad_base64);
  const std::string_view token = token_;
  if (token.size() < text_at + block + mac_size || token.front() != version ||
      (token.size() - text_at - mac_size) % block != 0 || token.size() > greatest_text)
    return tl::unexpected(open_fault::malformed);

  const auto is_signed = token.substr(0, token.size() - mac_size);
  opened result{.payload = {}, .key = {}, .stamp = read_stamp(token)};
  const auto fits = [&](machine& m) {
    return m.mac(is_signed, result.mac.data()) &&
           CRYPTO_memcmp(result.mac.data(), token.data() + is_signed.size(), mac_size) == 0;
  };
  const auto opener = std::ranges::find_if(machines_, fits);
  if (opener == machines_.end()) return tl::unexpected(open_fault::wrong_key);
  result.key = opener->key();

  const auto encrypted = is_signed.substr(text_at);
  payload_.resize(encrypted.size());
  if (!opener->decrypt(bytes_of(token) + iv_at, encrypted, bytes_of(payload_)))
    return tl::unexpected(open_fault::crypto_error);
  result.payload = payload_;
  if (!unpad(result.payload)) return tl::unexpected(open_fault::bad_padding);
  return result;
}

// Leaves the token in `token_`.
bool envelope::write_token(machine& m, std::string_view text, std::int64_t now) {
  const auto* iv = ivs_->next();
  if (iv == nullptr) return false;
  token_.assign(1, version);
  append_stamp(token_, now);
  token_.append(iv, iv + block);
  token_.append(text);
  const std::size_t pad = block - text.size() % block;
  token_.append(pad, static_cast<char>(pad));
  const std::size_t end = token_.size();
  if (!m.encrypt(iv, std::string_view{token_}.substr(text_at), bytes_of(token_) + text_at)) return false;
  token_.resize(end + mac_size);
  return m.mac(std::string_view{token_}.substr(0, end), bytes_of(token_) + end);
}

bool envelope::seal(std::string_view text, const key_ptr& key, std::int64_t now, std::string& out) {
  if (text.size() > greatest_text) return false;
  const auto found = std::ranges::find(machines_, key, &machine::key);
  try {
    std::optional<machine> retired;
    if (!write_token(found != machines_.end() ? *found : retired.emplace(*algorithms_, key), text, now)) return false;
  } catch (const std::runtime_error&) {
    return false;
  }
  outer_.clear();
  append_base64(outer_, token_, base64_alphabet::url_safe, base64_padding::required);
  out.clear();
  append_base64(out, outer_, base64_alphabet::standard, base64_padding::required);
  return true;
}

}  // namespace authnz::proto
