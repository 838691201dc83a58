/// Certificates for the admin link, and a node's end of it with an inspector
/// that answers with what it was asked.
#pragma once

#include <gtest/gtest.h>

#include <caf/all.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "actors/inspector.hpp"
#include "net/admin_link.hpp"
#include "net/certificate_folder.hpp"
#include "net/link_broker.hpp"
#include "net/link_dial.hpp"

namespace authnz::tests {

inline std::chrono::sys_seconds this_second() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// A directory of certificates, removed at the end.
class link_folder {
 public:
  explicit link_folder(std::chrono::sys_seconds made_at = this_second()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "link-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
    const auto made = net::make_folder(path_, {"node-1", {"localhost", "127.0.0.1", "::1"}, "ada"}, made_at);
    if (!made) ADD_FAILURE() << made.error();
  }
  ~link_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  link_folder(const link_folder&) = delete;
  link_folder& operator=(const link_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// As it was at a time when it was good.
  net::link_identity identity(net::certificate_role role, std::chrono::sys_seconds at = this_second()) const {
    auto read = net::read_identity(path_, role, at);
    if (!read) {
      ADD_FAILURE() << read.error();
      return {};
    }
    return std::move(*read);
  }
  net::link_identity node() const { return identity(net::certificate_role::node); }
  net::link_identity admin() const { return identity(net::certificate_role::admin); }

 private:
  std::filesystem::path path_;
};

inline actors::inspection_door::behavior_type echo(actors::inspection_door::pointer, int) {
  return {[](actors::hello_atom, std::uint16_t version, std::string& who) {
            return "hello " + std::to_string(version) + " " + who;
          },
          [](actors::ask_atom, std::string& name, std::string& arguments, std::string& who) {
            return name + " " + arguments + " " + who;
          }};
}

/// A node's end. `link` is null when it could not be opened; see `error`.
class link_node {
 public:
  explicit link_node(const net::link_identity& identity, net::admin_link_options options = {}) {
    auto opened = net::admin_link::open(
        system, [this] { return inspector; }, identity, std::move(options));
    if (opened)
      link = std::move(*opened);
    else
      error = opened.error();
  }
  ~link_node() {
    link.reset();
    caf::anon_send_exit(inspector, caf::exit_reason::user_shutdown);
  }

 private:
  struct with_links : caf::actor_system_config {
    with_links() { net::load_links(*this); }
  };
  with_links config_;

 public:
  caf::actor_system system{config_};
  actors::inspection_door inspector = system.spawn(echo, 0);
  std::unique_ptr<net::admin_link> link;
  std::string error;
};

inline net::dial_options to(const link_node& node) {
  net::dial_options o;
  o.host = "127.0.0.1";
  o.port = node.link->port();
  return o;
}

/// The answer, or the error.
inline std::string ask(net::link_dial& link, const std::string& name, const std::string& arguments = "{}") {
  const auto answer = link.ask(name, arguments, "ada", std::chrono::seconds(20));
  return answer ? *answer : "error: " + answer.error().text;
}

}  // namespace authnz::tests
