#include "net/certificate_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "net/durable_file.hpp"

namespace authnz::net {
namespace {

using std::chrono::sys_seconds;
using std::filesystem::path;
template <class T>
using outcome = tl::expected<T, std::string>;

constexpr mode_t open_to_others = 077;
constexpr mode_t mode_of_keys = 0600;
constexpr mode_t mode_of_certificates = 0644;
// Clocks differ.
constexpr std::chrono::minutes head_start{5};

constexpr auto all_roles = std::to_array(
    {certificate_role::authority, certificate_role::node, certificate_role::admin, certificate_role::peer});

std::string stem_of(certificate_role role) {
  return role == certificate_role::authority ? "ca" : std::string(word_of(role));
}

struct pair_files {
  path certificate;
  path key;

  pair_files(const path& folder, certificate_role role)
      : certificate(folder / (stem_of(role) + ".pem")), key(folder / (stem_of(role) + "-key.pem")) {}
  path staged(const path& file) const { return file.parent_path() / ("." + file.filename().string() + ".new"); }
};

bool is_there(const path& p) {
  std::error_code failed;
  return std::filesystem::exists(std::filesystem::symlink_status(p, failed));
}

tl::unexpected<std::string> about(const path& file, const std::string& reason) {
  return tl::unexpected(file.string() + " " + reason);
}

std::string renew_hint(const path& folder, certificate_role role) {
  return "; renew it with: authnzctl certs renew --dir " + folder.string() + " " + stem_of(role);
}

std::string init_command(const path& folder, certificate_role role) {
  return "authnzctl certs init" + std::string(role == certificate_role::peer ? " --cluster --name NODE" : "") +
         " --dir " + folder.string();
}

/// A node that administrators reach and a peer of nodes are never the same.
outcome<void> check_authority(const path& folder, const certificate_ptr& authority, certificate_role role) {
  const bool is_cluster = facts_of(authority).name == cluster_authority_name;
  if (is_cluster == (role == certificate_role::peer)) return {};
  return about(folder / "ca.pem", is_cluster ? "is a cluster's authority: it makes certificates of peers alone"
                                             : "is no cluster's authority; make one in a directory of its own with: "
                                               "authnzctl certs init --cluster --name NODE --dir DIR");
}

outcome<certificate_ptr> read_certificate(const path& file) {
  const auto content = read_durable(file);
  if (!content) return about(file, content.error());
  auto read = parse_certificate(content->text);
  if (!read) return about(file, "holds no certificate");
  return read;
}

outcome<private_key_ptr> read_key(const path& file) {
  auto content = read_durable(file);
  if (!content) return about(file, content.error());
  const proto::secret text(std::move(content->text));
  if ((content->mode & open_to_others) != 0)
    return about(file, "can be read or changed by others; mend it with: chmod 600 " + file.string());
  auto read = parse_private_key(text.reveal());
  if (!read) return about(file, "holds no private key, or one with a passphrase");
  return read;
}

outcome<void> write_key(const path& file, const private_key_ptr& key, on_existing what = on_existing::keep) {
  const auto text = pem_of(key);
  if (text.empty()) return about(file, "cannot be made: OpenSSL fails");
  const auto done = write_durable(file, mode_of_keys, text.reveal(), what);
  if (!done) return about(file, done.error());
  if (!*done) return about(file, "appeared meanwhile; try again");
  return {};
}

outcome<void> write_certificate(const path& file, const certificate_ptr& certificate,
                                on_existing what = on_existing::keep) {
  const auto text = pem_of(certificate);
  if (text.empty()) return about(file, "cannot be made: OpenSSL fails");
  const auto done = write_durable(file, mode_of_certificates, text, what);
  if (!done) return about(file, done.error());
  if (!*done) return about(file, "appeared meanwhile; try again");
  return {};
}

outcome<void> make_directory(const path& folder) {
  // The umask may have taken bits away.
  if (::mkdir(folder.c_str(), 0700) == 0 ? ::chmod(folder.c_str(), 0700) == 0 : errno == EEXIST) return {};
  return about(folder, "cannot be made: " + std::generic_category().message(errno));
}

struct authority {
  certificate_ptr certificate;
  private_key_ptr key;
};

outcome<authority> read_authority(const path& folder) {
  const pair_files files(folder, certificate_role::authority);
  auto certificate = read_certificate(files.certificate);
  if (!certificate)
    return tl::unexpected(certificate.error() + "; make an authority with: authnzctl certs init --dir " +
                          folder.string());
  auto key = read_key(files.key);
  if (!key) return tl::unexpected(key.error() + "; to sign, the authority's key must be there");
  if (!belong_together(*certificate, *key)) return about(files.key, "does not belong to " + files.certificate.string());
  return authority{std::move(*certificate), std::move(*key)};
}

/// A renewal that was cut short: its certificate is put beside its key, or
/// forgotten together with a key that never took its place.
void mend(const pair_files& files) {
  const auto staged = files.staged(files.certificate);
  if (!is_there(staged)) return;
  const auto certificate = read_certificate(staged);
  const auto key = read_key(files.key);
  if (certificate && key && belong_together(*certificate, *key)) {
    std::ignore = rename_durable(staged, files.certificate, on_existing::replace);
  } else {
    ::unlink(staged.c_str());
    ::unlink(files.staged(files.key).c_str());
  }
}

outcome<void> replace_pair(const pair_files& files, const private_key_ptr& key, const certificate_ptr& certificate) {
  const auto staged_key = files.staged(files.key);
  const auto staged_certificate = files.staged(files.certificate);
  const auto move = [](const path& from, const path& to) -> outcome<void> {
    const auto moved = rename_durable(from, to, on_existing::replace);
    if (!moved) return about(to, moved.error());
    return {};
  };
  return write_key(staged_key, key, on_existing::replace)
      .and_then([&] { return write_certificate(staged_certificate, certificate, on_existing::replace); })
      .and_then([&] { return move(staged_key, files.key); })
      .and_then([&] { return move(staged_certificate, files.certificate); });
}

/// Makes a pair as far as it is missing. A lone key gets its certificate.
class pair_maker {
 public:
  pair_maker(path folder, sys_seconds now) : folder_(std::move(folder)), now_(now) {}

  outcome<void> make(certificate_wish wish) {
    const pair_files files(folder_, wish.role);
    mend(files);
    const bool key_was_there = is_there(files.key);
    if (is_there(files.certificate)) {
      // The authority's key may be kept elsewhere.
      if (!key_was_there && wish.role != certificate_role::authority)
        return about(files.certificate, "has no key; remove it to have a new pair made");
      if (key_was_there) files_.push_back({files.key, false});
      files_.push_back({files.certificate, false});
      return {};
    }
    auto key = key_was_there ? read_key(files.key) : make_private_key();
    if (!key) return tl::unexpected(key.error());
    auto by = wish.role == certificate_role::authority ? outcome<authority>(authority{nullptr, *key})
                                                       : read_authority(folder_);
    if (!by) return tl::unexpected(by.error());
    if (by->certificate)
      if (auto may = check_authority(folder_, by->certificate, wish.role); !may) return may;
    wish.from = now_ - head_start;
    const auto made = make_certificate(wish, *key, by->certificate, by->key);
    if (!made) return tl::unexpected(made.error());
    auto done = key_was_there ? outcome<void>() : write_key(files.key, *key);
    if (done) done = write_certificate(files.certificate, *made);
    if (!done) return done;
    files_.push_back({files.key, !key_was_there});
    files_.push_back({files.certificate, true});
    return {};
  }

  std::vector<made_file> files() && { return std::move(files_); }

 private:
  path folder_;
  sys_seconds now_;
  std::vector<made_file> files_;
};

std::vector<std::string> problems_of(const path& folder, certificate_role role, const certificate_ptr& certificate,
                                     sys_seconds now) {
  std::vector<std::string> found;
  const pair_files files(folder, role);
  const auto facts = facts_of(certificate);
  if (const auto key = read_key(files.key); key) {
    if (!belong_together(certificate, *key))
      found.push_back(files.key.string() + " does not belong to it" + renew_hint(folder, role));
  } else if (role != certificate_role::authority || is_there(files.key)) {
    found.push_back(key.error());
  }
  if (facts.role != role)
    found.push_back("is a certificate for the role " + std::string(word_of(facts.role)) + ", not " +
                    std::string(word_of(role)));
  if (facts.until <= now) found.push_back("has expired" + renew_hint(folder, role));
  if (facts.from > now) found.emplace_back("is not valid yet; look at this host's clock");
  const auto by = read_certificate(pair_files(folder, certificate_role::authority).certificate);
  if (!by)
    found.push_back(by.error());
  else if (!is_signed_by(certificate, *by))
    found.push_back("was not made by the authority of " + (folder / "ca.pem").string() + renew_hint(folder, role));
  else if (facts_of(*by).until <= now && role != certificate_role::authority)
    found.push_back("was made by an authority that has expired" + renew_hint(folder, certificate_role::authority));
  return found;
}

void survey_one(const path& folder, const std::string& prefix, sys_seconds now, std::vector<folder_item>& found) {
  for (const auto role : all_roles) {
    const pair_files files(folder, role);
    const bool certificate_there = is_there(files.certificate);
    if (!certificate_there && !is_there(files.key)) continue;
    // Those below hold copies of the authority's certificate.
    if (!prefix.empty() && role == certificate_role::authority) continue;
    folder_item item{prefix + stem_of(role), role, {}, {}};
    const auto certificate = read_certificate(files.certificate);
    if (certificate) {
      item.facts = facts_of(*certificate);
      item.problems = problems_of(folder, role, *certificate, now);
    } else {
      item.problems.push_back(certificate.error());
    }
    found.push_back(std::move(item));
  }
}

std::optional<certificate_role> role_of_stem(const std::string& stem) {
  for (const auto role : all_roles)
    if (stem == stem_of(role)) return role;
  return std::nullopt;
}

}  // namespace

tl::expected<link_identity, std::string> read_identity(const path& folder, certificate_role role, sys_seconds now) {
  const pair_files files(folder, role);
  const path authority_file = pair_files(folder, certificate_role::authority).certificate;
  if (!is_there(files.certificate) && !is_there(files.key))
    return about(files.certificate, "does not exist; make the certificates with: " + init_command(folder, role));
  const auto certificate = read_certificate(files.certificate);
  if (!certificate) return tl::unexpected(certificate.error());
  for (const auto& problem : problems_of(folder, role, *certificate, now))
    return tl::unexpected(problem.starts_with(folder.string()) ? problem : files.certificate.string() + " " + problem);
  // Whole chains, as they are in the files.
  auto text = read_durable(files.certificate);
  auto key = read_durable(files.key);
  auto authority_text = read_durable(authority_file);
  if (!text || !key || !authority_text) return about(folder, "changes just now; try again");
  return link_identity{std::move(text->text), proto::secret(std::move(key->text)), std::move(authority_text->text),
                       facts_of(*certificate)};
}

tl::expected<std::vector<folder_item>, std::string> survey(const path& folder, sys_seconds now) {
  std::vector<folder_item> found;
  std::error_code failed;
  std::vector<path> below;
  for (auto entry = std::filesystem::directory_iterator(folder, failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed))
    if (entry->is_directory(failed)) below.push_back(entry->path());
  if (failed) return about(folder, "cannot be read: " + failed.message());
  survey_one(folder, "", now, found);
  std::sort(below.begin(), below.end());
  for (const auto& one : below) survey_one(one, one.filename().string() + "/", now, found);
  return found;
}

tl::expected<std::vector<made_file>, std::string> make_folder(const path& folder, const folder_wish& wish,
                                                              sys_seconds now) {
  if (auto there = make_directory(folder); !there) return tl::unexpected(there.error());
  using enum certificate_role;
  pair_maker pairs(folder, now);
  const auto until = now + wish.lifetime;
  auto done = pairs.make({authority, std::string(admin_authority_name), {}, {}, now + authority_lifetime})
                  .and_then([&] {
                    return pairs.make({node, wish.node_name, wish.node_hosts, {}, until});
                  })
                  .and_then([&] {
                    return pairs.make({admin, wish.admin_name, {}, {}, until});
                  });
  if (!done) return tl::unexpected(done.error());
  return std::move(pairs).files();
}

tl::expected<std::vector<made_file>, std::string> make_cluster_folder(const path& folder,
                                                                      const cluster_folder_wish& wish,
                                                                      sys_seconds now) {
  if (auto there = make_directory(folder); !there) return tl::unexpected(there.error());
  using enum certificate_role;
  pair_maker pairs(folder, now);
  auto done =
      pairs.make({authority, std::string(cluster_authority_name), {}, {}, now + authority_lifetime}).and_then([&] {
        return pairs.make({peer, wish.node_name, wish.hosts, {}, now + wish.lifetime});
      });
  if (!done) return tl::unexpected(done.error());
  return std::move(pairs).files();
}

tl::expected<void, std::string> issue(const path& folder, const issue_wish& wish, sys_seconds now) {
  const auto by = read_authority(folder);
  if (!by) return tl::unexpected(by.error());
  if (auto may = check_authority(folder, by->certificate, wish.role); !may) return may;
  const auto key = make_private_key();
  if (!key) return tl::unexpected(key.error());
  const auto made = make_certificate({wish.role, wish.name, wish.hosts, now - head_start, now + wish.lifetime}, *key,
                                     by->certificate, by->key);
  if (!made) return tl::unexpected(made.error());
  std::string staging = wish.out.string() + ".XXXXXX";
  if (::mkdtemp(staging.data()) == nullptr || ::chmod(staging.c_str(), 0700) != 0)
    return about(wish.out, "cannot be made: " + std::generic_category().message(errno));
  const pair_files files(staging, wish.role);
  auto done = write_certificate(pair_files(staging, certificate_role::authority).certificate, by->certificate)
                  .and_then([&] { return write_key(files.key, *key); })
                  .and_then([&] { return write_certificate(files.certificate, *made); });
  if (done) {
    const auto moved = rename_durable(staging, wish.out, on_existing::keep);
    if (!moved) done = about(wish.out, moved.error());
    if (moved && !*moved) done = about(wish.out, "exists already; renew what is in it, or choose another with --out");
  }
  std::error_code ignored;
  if (!done) std::filesystem::remove_all(staging, ignored);
  return done;
}

tl::expected<certificate_facts, std::string> renew(const path& folder, const std::string& id, const renewal& how,
                                                   sys_seconds now) {
  const path place(id);
  const auto role = role_of_stem(place.filename().string());
  if (!role || place.is_absolute() || id.find("..") != std::string::npos)
    return tl::unexpected(id + " is no certificate; see: authnzctl certs list --dir " + folder.string());
  const pair_files files(folder / place.parent_path(), *role);
  mend(files);
  const auto old = read_certificate(files.certificate);
  if (!old) return tl::unexpected(old.error());
  const auto by = read_authority(folder);
  if (!by) return tl::unexpected(by.error());
  const auto facts = facts_of(*old);
  const bool is_authority = *role == certificate_role::authority;
  if (is_authority && how.new_key)
    return tl::unexpected(std::string("an authority keeps its key; for another one make a new directory"));
  auto key = how.new_key ? make_private_key() : read_key(files.key);
  if (!key) return tl::unexpected(key.error());
  const auto until = now + (is_authority ? authority_lifetime : how.lifetime);
  const auto made = make_certificate({*role, facts.name, facts.hosts, now - head_start, until}, *key,
                                     is_authority ? nullptr : by->certificate, by->key);
  if (!made) return tl::unexpected(made.error());
  const auto done = how.new_key ? replace_pair(files, *key, *made)
                                : write_certificate(files.certificate, *made, on_existing::replace);
  if (!done) return tl::unexpected(done.error());
  // Those who were issued a certificate have a copy of the authority's.
  if (!is_authority && place.has_parent_path()) {
    const auto copied =
        write_certificate(pair_files(files.certificate.parent_path(), certificate_role::authority).certificate,
                          by->certificate, on_existing::replace);
    if (!copied) return tl::unexpected(copied.error());
  }
  return facts_of(*made);
}

}  // namespace authnz::net
