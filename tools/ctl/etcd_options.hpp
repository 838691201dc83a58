/// Where the tool finds a cluster's etcd, and how it shows who it is there.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "net/etcd/client.hpp"

namespace CLI {
class App;
}

namespace authnz::ctl {

struct etcd_options {
  std::string endpoints;  ///< URLs, separated by commas; empty = etcd is not asked
  std::string prefix = "authnz";
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string user;
};

/// Adds `--etcd`, `--prefix` and their like to a command; all but the first
/// default to what a node's environment says.
std::shared_ptr<etcd_options> add_etcd_options(CLI::App& command);

/// With the password of AUTHNZERVER_CLUSTERPASS. The error is one line.
tl::expected<net::etcd::options, std::string> read_etcd_options(const etcd_options& o);

}  // namespace authnz::ctl
