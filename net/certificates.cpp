#include "net/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

namespace authnz::net {
namespace {

constexpr std::size_t longest_name = 64;  // ub-common-name, RFC 5280

using bio_ptr = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

bio_ptr memory() { return {BIO_new(BIO_s_mem()), BIO_free_all}; }
bio_ptr memory_of(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all};
}

std::string_view content_of(const bio_ptr& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
}

bool is_good_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

/// As `subjectAltName` wants it; empty when a host is neither name nor address.
std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string all;
  for (const auto& host : hosts) {
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    if (ec && !is_host_name(host)) return {};
    all += (all.empty() ? "" : ",") + (ec ? "DNS:" + host : "IP:" + address.to_string());
  }
  return all;
}

bool add_extension(X509* to, X509* signer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, to, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> made(
      X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()), X509_EXTENSION_free);
  return made && X509_add_ext(to, made.get(), -1) == 1;
}

bool add_extensions(X509* to, X509* signer, const certificate_wish& wish) {
  const bool subject_key = add_extension(to, signer, NID_subject_key_identifier, "hash");
  if (wish.role == certificate_role::authority)
    return subject_key && add_extension(to, signer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(to, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  const bool is_node = wish.role != certificate_role::admin;
  return subject_key && add_extension(to, signer, NID_authority_key_identifier, "keyid:always") &&
         add_extension(to, signer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(to, signer, NID_key_usage, "critical,digitalSignature") &&
         add_extension(to, signer, NID_ext_key_usage, is_node ? "serverAuth,clientAuth" : "clientAuth") &&
         (!is_node || wish.hosts.empty() ||
          add_extension(to, signer, NID_subject_alt_name, alternative_names(wish.hosts)));
}

bool set_random_serial(X509* to) {
  std::array<unsigned char, 19> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  // Positive, and of full length.
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7fU) | 0x40U);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), BN_free);
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(to)) != nullptr;
}

bool set_times(X509* to, const certificate_wish& wish) {
  return ASN1_TIME_set(X509_getm_notBefore(to), wish.from.time_since_epoch().count()) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(to), wish.until.time_since_epoch().count()) != nullptr;
}

bool set_subject(X509* to, const std::string& name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(to), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                    -1, 0) == 1;
}

tl::unexpected<std::string> failed(const std::string& what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return tl::unexpected(what + ": " + text.data());
}

std::chrono::sys_seconds time_of(const ASN1_TIME* t) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(t, &fields) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&fields)));
}

std::string common_name(const X509_NAME* subject) {
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return name;
}

std::string serial_of(X509* of) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(of), nullptr),
                                                           BN_free);
  char* const text = number ? BN_bn2hex(number.get()) : nullptr;
  std::string out = text != nullptr ? text : "";
  OPENSSL_free(text);
  return out;
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  const auto* const data = ASN1_STRING_get0_data(bytes);
  if (ASN1_STRING_length(bytes) == 4) {
    boost::asio::ip::address_v4::bytes_type four{};
    std::copy_n(data, four.size(), four.begin());
    return boost::asio::ip::address_v4(four).to_string();
  }
  if (ASN1_STRING_length(bytes) != 16) return {};
  boost::asio::ip::address_v6::bytes_type sixteen{};
  std::copy_n(data, sixteen.size(), sixteen.begin());
  return boost::asio::ip::address_v6(sixteen).to_string();
}

std::vector<std::string> hosts_of(X509* of) {
  std::vector<std::string> hosts;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(of, NID_subject_alt_name, nullptr, nullptr)), GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS)
      hosts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    if (name->type == GEN_IPADD) hosts.push_back(address_of(name->d.iPAddress));
  }
  return hosts;
}

certificate_role role_of(X509* of) {
  if (X509_check_ca(of) != 0) return certificate_role::authority;
  const auto use = X509_get_extended_key_usage(of);
  if (use != UINT32_MAX && (use & XKU_SSL_SERVER) == 0) return certificate_role::admin;
  return common_name(X509_get_issuer_name(of)) == cluster_authority_name ? certificate_role::peer
                                                                         : certificate_role::node;
}

int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::string_view word_of(certificate_role role) {
  switch (role) {
    case certificate_role::authority: return "authority";
    case certificate_role::node: return "node";
    case certificate_role::admin: return "admin";
    case certificate_role::peer: return "peer";
  }
  return "";
}

bool is_host(std::string_view text) { return !alternative_names({std::string(text)}).empty(); }

tl::expected<private_key_ptr, std::string> make_private_key() {
  private_key_ptr key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!key) return failed("a key cannot be made");
  return key;
}

tl::expected<certificate_ptr, std::string> make_certificate(const certificate_wish& wish, const private_key_ptr& key,
                                                            const certificate_ptr& signer,
                                                            const private_key_ptr& signing_key) {
  if (!is_good_name(wish.name))
    return tl::unexpected(std::string("a certificate's name must be 1 to 64 printable ASCII characters"));
  if (!wish.hosts.empty() && alternative_names(wish.hosts).empty())
    return tl::unexpected(std::string("a node's hosts must be names or addresses"));
  certificate_ptr made(X509_new(), X509_free);
  X509* const by = signer ? signer.get() : made.get();
  const bool ok = made && X509_set_version(made.get(), X509_VERSION_3) == 1 && set_random_serial(made.get()) &&
                  set_times(made.get(), wish) && set_subject(made.get(), wish.name) &&
                  X509_set_issuer_name(made.get(), X509_get_subject_name(by)) == 1 &&
                  X509_set_pubkey(made.get(), key.get()) == 1 && add_extensions(made.get(), by, wish) &&
                  X509_sign(made.get(), signing_key.get(), EVP_sha256()) > 0;
  if (!ok) return failed("a certificate cannot be made");
  return made;
}

std::string pem_of(const certificate_ptr& certificate) {
  const auto out = memory();
  if (!out || PEM_write_bio_X509(out.get(), certificate.get()) != 1) return {};
  return std::string(content_of(out));
}

proto::secret pem_of(const private_key_ptr& key) {
  const bio_ptr out(BIO_new(BIO_s_secmem()), BIO_free_all);
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return proto::secret(std::string());
  return proto::secret(std::string(content_of(out)));
}

certificate_ptr parse_certificate(std::string_view pem) {
  const auto in = memory_of(pem);
  certificate_ptr read(in ? PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr) : nullptr, X509_free);
  ERR_clear_error();
  return read;
}

private_key_ptr parse_private_key(std::string_view pem) {
  const auto in = memory_of(pem);
  private_key_ptr read(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr) : nullptr,
                       EVP_PKEY_free);
  ERR_clear_error();
  return read;
}

certificate_facts facts_of(const certificate_ptr& certificate) {
  X509* const of = certificate.get();
  return {role_of(of),  common_name(X509_get_subject_name(of)), serial_of(of),
          hosts_of(of), time_of(X509_get0_notBefore(of)),       time_of(X509_get0_notAfter(of))};
}

bool belong_together(const certificate_ptr& certificate, const private_key_ptr& key) {
  const bool fits = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool is_signed_by(const certificate_ptr& certificate, const certificate_ptr& authority) {
  const bool is = certificate && authority && X509_check_issued(authority.get(), certificate.get()) == X509_V_OK &&
                  X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
  ERR_clear_error();
  return is;
}

}  // namespace authnz::net
