/// Certificates of the admin link, and of the links between nodes: made, read
/// and judged in memory.
///
/// A private authority signs; keys are EC P-256, signatures SHA-256, serial
/// numbers random (RFC 5280). A node may be a TLS server and a TLS client; an
/// administrator's certificate is a client's alone, so that nobody can pose as
/// a node with it. A peer's is a node's that was made by an authority of the
/// name `cluster_authority_name`. Errors are sentences.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "proto/secret.hpp"

namespace authnz::net {

using certificate_ptr = std::shared_ptr<X509>;
using private_key_ptr = std::shared_ptr<EVP_PKEY>;

enum class certificate_role : std::uint8_t { authority, node, admin, peer };

inline constexpr std::string_view admin_authority_name = "authnzerver admin link";
inline constexpr std::string_view cluster_authority_name = "authnzerver cluster";

/// `authority`, `node`, `admin` or `peer`.
std::string_view word_of(certificate_role role);

struct certificate_wish {
  certificate_role role{};
  std::string name;                ///< common name, 1-64 bytes of printable ASCII
  std::vector<std::string> hosts;  ///< names and addresses of a node or peer
  std::chrono::sys_seconds from;
  std::chrono::sys_seconds until;
};

struct certificate_facts {
  certificate_role role{};
  std::string name;
  std::string serial;  ///< hexadecimal
  std::vector<std::string> hosts;
  std::chrono::sys_seconds from;
  std::chrono::sys_seconds until;
};

/// A name or an address that a certificate can be good for.
bool is_host(std::string_view text);

tl::expected<private_key_ptr, std::string> make_private_key();

/// An authority signs itself: then `signer` is null and `signing_key` its own.
tl::expected<certificate_ptr, std::string> make_certificate(const certificate_wish& wish, const private_key_ptr& key,
                                                            const certificate_ptr& signer,
                                                            const private_key_ptr& signing_key);

/// Empty when OpenSSL fails.
std::string pem_of(const certificate_ptr& certificate);
proto::secret pem_of(const private_key_ptr& key);

/// Null when the text holds none. A key with a passphrase cannot be read.
certificate_ptr parse_certificate(std::string_view pem);
private_key_ptr parse_private_key(std::string_view pem);

certificate_facts facts_of(const certificate_ptr& certificate);
bool belong_together(const certificate_ptr& certificate, const private_key_ptr& key);
bool is_signed_by(const certificate_ptr& certificate, const certificate_ptr& authority);

}  // namespace authnz::net
