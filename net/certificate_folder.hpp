/// The directory of an admin link's certificates: made, judged, renewed.
///
/// `ca.pem`, `node.pem` and `admin.pem` (0644) with their keys `ca-key.pem`,
/// `node-key.pem` and `admin-key.pem` (0600 from their first moment), in a
/// directory of mode 0700. A node reads `ca.pem` and `node*`, the tool `ca.pem`
/// and `admin*`; the authority's key is needed to sign alone. Certificates that
/// are issued for others lie in directories of the same form below it.
/// A cluster's directory is another one, with an authority of its own, and with
/// `peer.pem` and `peer-key.pem` for the links between nodes.
///
/// Files appear whole or not at all, synced, under their names. A pair whose
/// key changes is two renames; what a crash between them leaves is mended by
/// the next `renew`. Errors are sentences that say what to do.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "net/certificates.hpp"

namespace authnz::net {

inline constexpr std::chrono::days authority_lifetime{3653};
inline constexpr std::chrono::days usual_lifetime{397};

/// What one end of a link shows, and whom it trusts. PEM texts.
struct link_identity {
  std::string certificate;
  proto::secret key;
  std::string authority;
  certificate_facts facts;
};

/// `role` is not the authority. Everything that would make a link fail is an error:
/// missing, unreadable, a key that others can read, a pair that does not belong
/// together, another authority, expired, not valid yet, made for another role.
tl::expected<link_identity, std::string> read_identity(const std::filesystem::path& folder, certificate_role role,
                                                       std::chrono::sys_seconds now);

struct folder_item {
  std::string id;  ///< e.g. `node` or `admin-ada/admin`: the file's place in the folder, without `.pem`
  certificate_role role{};
  std::optional<certificate_facts> facts;  ///< nothing = no certificate, or not to be read
  std::vector<std::string> problems;
};

/// All certificates of a folder and of the folders in it.
tl::expected<std::vector<folder_item>, std::string> survey(const std::filesystem::path& folder,
                                                           std::chrono::sys_seconds now);

struct made_file {
  std::filesystem::path file;
  bool made = false;  ///< false = it was there already, and was kept
};

struct folder_wish {
  std::string node_name;
  std::vector<std::string> node_hosts;
  std::string admin_name;
  std::chrono::days lifetime = usual_lifetime;  ///< of node and administrator
};

/// Makes what is missing; changes nothing that is there.
tl::expected<std::vector<made_file>, std::string> make_folder(const std::filesystem::path& folder,
                                                              const folder_wish& wish, std::chrono::sys_seconds now);

struct cluster_folder_wish {
  std::string node_name;  ///< as the cluster knows it
  std::vector<std::string> hosts;
  std::chrono::days lifetime = usual_lifetime;  ///< of the node's
};

/// The same for the links between the nodes of a cluster.
tl::expected<std::vector<made_file>, std::string> make_cluster_folder(const std::filesystem::path& folder,
                                                                      const cluster_folder_wish& wish,
                                                                      std::chrono::sys_seconds now);

struct issue_wish {
  certificate_role role{};
  std::string name;
  std::vector<std::string> hosts;
  std::filesystem::path out;  ///< a directory that does not exist yet
  std::chrono::days lifetime = usual_lifetime;
};

/// Makes a directory with one new pair and the authority's certificate. Peers
/// are a cluster's authority's alone, all others are not.
tl::expected<void, std::string> issue(const std::filesystem::path& folder, const issue_wish& wish,
                                      std::chrono::sys_seconds now);

struct renewal {
  bool new_key = false;  ///< not for the authority
  std::chrono::days lifetime = usual_lifetime;
};

/// The same name, hosts and role from `now` on. `id` is that of an item.
tl::expected<certificate_facts, std::string> renew(const std::filesystem::path& folder, const std::string& id,
                                                   const renewal& how, std::chrono::sys_seconds now);

}  // namespace authnz::net
