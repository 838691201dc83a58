#include "tools/daemon/autosetup.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ostream>
#include <system_error>

#include "actors/rules/email_address.hpp"
#include "actors/rules/permissions.hpp"
#include "net/certificate_folder.hpp"
#include "proto/base64.hpp"
#include "proto/token.hpp"
#include "tools/daemon/config_text.hpp"
#include "tools/daemon/config_values.hpp"
#include "tools/daemon/credentials_file.hpp"
#include "tools/daemon/envfile.hpp"
#include "tools/daemon/files.hpp"
#include "tools/daemon/shell_text.hpp"

namespace authnz::daemon {
namespace {

using std::filesystem::path;
using wrong = std::optional<std::string>;

constexpr std::string_view usual_admin_port = "13432";
constexpr std::string_view usual_metrics_port = "13433";
constexpr std::size_t longest_permissions = std::size_t{16} << 20;

struct file_names {
  path secret, salt, permissions, env;

  explicit file_names(const path& basedir)
      : secret(basedir / ".authnzerver-secret-key"),
        salt(basedir / ".authnzerver-salt"),
        permissions(basedir / "default-permissions-model.json"),
        env(basedir / ".env") {}
};

struct answers {
  path store;
  std::string permissions;  ///< the file's content
  std::string email;
  std::optional<proto::secret> password;  ///< nothing = a random one
};

bool is_there(const path& p) {
  std::error_code failed;
  return std::filesystem::exists(std::filesystem::symlink_status(p, failed));
}

bool store_exists(const path& directory) { return is_there(directory / "data.mdb"); }

/// A cluster's users come from the cluster; what is there has its own already.
bool needs_users(const config& c, const path& store) { return !c.cluster && !store_exists(store); }

constexpr std::array<std::string_view, 3> read_by_a_node{"ca.pem", "node.pem", "node-key.pem"};

/// Whether the certificates were issued elsewhere: something that a node reads
/// is there, and no key to make the rest with.
bool are_issued(const path& certificates) {
  return !is_there(certificates / "ca-key.pem") &&
         std::ranges::any_of(read_by_a_node, [&](auto name) { return is_there(certificates / name); });
}

tl::expected<void, std::string> judge_issued(const path& certificates, std::chrono::sys_seconds now) {
  for (const auto name : read_by_a_node)
    if (!is_there(certificates / name))
      return tl::unexpected((certificates / name).string() +
                            " does not exist, nor does ca-key.pem to make it with: bring it from where the others were "
                            "issued, or remove the directory so that all are made");
  if (const auto node = net::read_identity(certificates, net::certificate_role::node, now); !node)
    return tl::unexpected(node.error());
  return {};
}

bool all_there(const config& c, const file_names& files, const path& store) {
  const auto& certificates = c.admin_link.certificates;
  return is_there(certificates / "ca.pem") && is_there(certificates / "node.pem") &&
         (are_issued(certificates) || is_there(certificates / "admin.pem")) && is_there(files.secret) &&
         is_there(files.salt) && is_there(files.permissions) && is_there(files.env) && !needs_users(c, store);
}

/// As configured; else as an earlier run was answered; else the default.
path usual_store(const config& c, const file_names& files) {
  if (!c.shown[static_cast<std::size_t>(item::authdb)].given_as.empty()) return c.store;
  const auto earlier = read_envfile(files.env);
  if (!earlier) return c.store;
  const auto url = earlier->find(own_variable(row(item::authdb)));
  if (url == earlier->end()) return c.store;
  return store_directory(url->second).value_or(c.store);
}

tl::expected<std::string, std::string> permissions_of(const path& file) {
  auto content = read_file(file, longest_permissions);
  if (!content) return tl::unexpected(file.string() + " " + content.error());
  if (const auto parsed = actors::rules::permissions::parse(content->text); !parsed)
    return tl::unexpected(file.string() + " is broken: " + parsed.error());
  return std::move(content->text);
}

std::string sentence_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : " ") + text;
  return all;
}

/// Asks one after the other, and keeps the first error.
class interview {
 public:
  interview(const config& c, const autosetup_actions& actions, const autosetup_surroundings& around)
      : c_(c), actions_(actions), ask_(around.ask), places_{c.basedir, around.home_directory} {}

  tl::expected<answers, std::string> run(const path& usual) {
    auto done = ask_store(usual).and_then([this] { return ask_permissions(); });
    given_.email = c_.admin.email;
    if (done && needs_users(c_, given_.store)) done = ask_email().and_then([this] { return ask_password(); });
    if (!done) return tl::unexpected(done.error());
    return std::move(given_);
  }

 private:
  using outcome = tl::expected<void, std::string>;

  outcome ask_store(const path& usual) {
    return ask_.ask("Store URL", "lmdb://" + usual.string(), [&](const std::string& answer) -> wrong {
      if (answer.empty()) return given_.store = usual, std::nullopt;
      auto directory = store_directory(places_.expand(answer));
      if (!directory) return directory.error();
      return given_.store = std::move(*directory), std::nullopt;
    });
  }

  outcome ask_permissions() {
    const auto preset = c_.permissions ? c_.permissions->string() : std::string("built in");
    return ask_.ask("Permissions file", preset, [&](const std::string& answer) -> wrong {
      if (answer.empty() && !c_.permissions)
        return given_.permissions = actors::rules::default_permissions_text(), std::nullopt;
      auto content = permissions_of(answer.empty() ? *c_.permissions : path(places_.expand(answer)));
      if (!content) return content.error();
      return given_.permissions = std::move(*content), std::nullopt;
    });
  }

  outcome ask_email() {
    return ask_.ask("Admin e-mail", c_.admin.email, [&](const std::string& answer) -> wrong {
      if (!answer.empty()) given_.email = answer;
      if (!actors::rules::seed_address_acceptable(given_.email)) return "must be an e-mail address";
      return std::nullopt;
    });
  }

  outcome ask_password() {
    auto preset = admin_password(c_);
    if (!preset) return tl::unexpected(preset.error());
    return ask_.ask_secret(
        "Admin password", *preset ? "as configured" : "random", [&](const proto::secret& answer) -> wrong {
          given_.password = answer.empty() ? *preset : std::optional(answer);
          if (!given_.password) return std::nullopt;
          const auto failed = actions_.validate_admin_password(given_.password->reveal(), given_.email);
          return failed.empty() ? wrong() : sentence_of(failed);
        });
  }

  const config& c_;
  const autosetup_actions& actions_;
  prompt& ask_;
  placeholders places_;
  answers given_;
};

proto::secret random_text() {
  std::array<unsigned char, 32> bytes{};
  proto::random_bytes(bytes);
  const proto::secret raw(std::string(bytes.begin(), bytes.end()));
  bytes.fill(0);
  return proto::secret(proto::base64_url(raw.reveal(), proto::base64_padding::required));
}

/// Who runs the server administers it; the node is named after its host.
net::folder_wish certificates_of(const config& c) {
  const auto fit = [](std::string name, std::string_view otherwise) {
    const bool good = !name.empty() && name.size() <= 64 &&
                      std::all_of(name.begin(), name.end(), [](char ch) { return ch > 0x20 && ch < 0x7f; });
    return good ? name : std::string(otherwise);
  };
  net::folder_wish wish{fit(c.server_name, "node"),
                        {"localhost", "127.0.0.1", "::1"},
                        fit(c.admin.email.substr(0, c.admin.email.find('@')), "admin")};
  if (net::is_host(c.server_name) && c.server_name != "localhost") wish.node_hosts.push_back(c.server_name);
  return wish;
}

tl::expected<void, std::string> make_basedir(const path& basedir) {
  if (is_there(basedir) || ::mkdir(basedir.c_str(), 0700) == 0) return {};
  return tl::unexpected("basedir: " + basedir.string() + " cannot be made: " + std::generic_category().message(errno));
}

/// Makes the files one after the other, says so, and keeps the first error.
class maker {
 public:
  explicit maker(std::ostream& out) : out_(out) {}

  tl::expected<void, std::string> file(const path& name, mode_t mode, std::string_view content) {
    const auto made = make_file(name, mode, content);
    if (!made) return tl::unexpected(name.string() + " " + made.error());
    report(*made, name);
    return {};
  }
  void report(bool made, const path& name) {
    out_ << (made ? "made " : "kept ") << name.string() << (made ? "\n" : " (exists already)\n");
  }

 private:
  std::ostream& out_;
};

tl::expected<void, std::string> seed(maker& make, const config& c, const answers& given,
                                     const autosetup_actions& actions, std::chrono::sys_seconds now) {
  if (c.cluster) return {};
  const auto keep = [&](const std::string& email,
                        const std::optional<proto::secret>& made_up) -> tl::expected<void, std::string> {
    const auto file = write_credentials(c.basedir, email, made_up, now);
    if (!file) return tl::unexpected(file.error());
    make.report(true, *file);
    return {};
  };
  const auto seeded = actions.seed_store(given.store, given.email, given.password, keep);
  if (!seeded) return tl::unexpected(seeded.error());
  make.report(*seeded, given.store);
  return {};
}

/// The certificates of the administrators' link.
tl::expected<void, std::string> make_certificates(maker& make, const config& c, std::chrono::sys_seconds now) {
  if (are_issued(c.admin_link.certificates)) {
    for (const auto name : read_by_a_node) make.report(false, c.admin_link.certificates / name);
    return {};
  }
  const auto made = net::make_folder(c.admin_link.certificates, certificates_of(c), now);
  if (!made) return tl::unexpected(made.error());
  for (const auto& one : *made) make.report(one.made, one.file);
  return {};
}

/// As configured; else the usual one: without a word, it would be off.
std::string port_of(const config& c, item id, std::string_view usual) {
  const auto& configured = c.shown[static_cast<std::size_t>(id)];
  return configured.given_as.empty() ? std::string(usual) : configured.text;
}

std::string env_content(const config& c, const file_names& files, const path& store) {
  return envfile_text(c, {{item::basedir, c.basedir.string()},
                          {item::authdb, "lmdb://" + store.string()},
                          {item::secret, files.secret.string()},
                          {item::piisalt, files.salt.string()},
                          {item::permissions, files.permissions.string()},
                          {item::adminport, port_of(c, item::adminport, usual_admin_port)},
                          {item::metricsport, port_of(c, item::metricsport, usual_metrics_port)}});
}

}  // namespace

tl::expected<void, std::string> autosetup(const config& c, const autosetup_actions& actions,
                                          const autosetup_surroundings& around) {
  const file_names files(c.basedir);
  const auto usual = usual_store(c, files);
  auto& out = around.out;
  maker make(out);
  if (are_issued(c.admin_link.certificates))
    if (auto good = judge_issued(c.admin_link.certificates, around.now); !good) return good;
  if (all_there(c, files, usual)) {
    for (const auto& name : {files.secret, files.salt, files.permissions, usual, files.env}) make.report(false, name);
    out << "Everything is there already; nothing was changed.\n";
  } else {
    const auto given = interview(c, actions, around).run(usual);
    if (!given) return tl::unexpected(given.error());
    auto done = make_basedir(c.basedir)
                    .and_then([&] { return make.file(files.secret, 0400, random_text().reveal()); })
                    .and_then([&] { return make.file(files.salt, 0400, random_text().reveal()); })
                    .and_then([&] { return make.file(files.permissions, 0644, given->permissions); })
                    .and_then([&] { return seed(make, c, *given, actions, around.now); })
                    .and_then([&] { return make_certificates(make, c, around.now); })
                    .and_then([&] { return make.file(files.env, 0600, env_content(c, files, given->store)); });
    if (!done) return done;
    for (const auto id : {item::emailpass, item::clusterpass}) {
      const auto& password = c.shown[static_cast<std::size_t>(id)];
      if (password.secret_is_set && password.text.empty())
        out << row(id).name << " is not in .env; put it into a file and name that in " << own_variable(row(id))
            << "_FILE.\n";
    }
  }
  out << "Start the server with:\n  " << shell_quoted(around.program)
      << " --envfile=" << shell_quoted(files.env.string()) << "\n"
      << std::flush;
  return {};
}

}  // namespace authnz::daemon
