#include "actors/seed.hpp"

#include "actors/password_hash.hpp"
#include "actors/rules/email_address.hpp"
#include "actors/rules/password_policy.hpp"
#include "actors/rules/unicode.hpp"
#include "proto/base64.hpp"
#include "proto/token.hpp"
#include "storage/user_store.hpp"

namespace authnz::actors {

namespace {

constexpr const char* administrator_name = "Superuser account";

std::string random_uuid() {
  std::array<unsigned char, 16> bytes{};
  proto::random_bytes(bytes);
  return proto::uuid4(bytes);
}

proto::secret random_password() {
  std::array<unsigned char, 16> bytes{};
  proto::random_bytes(bytes);
  return proto::secret(
      proto::base64_url({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, proto::base64_padding::none));
}

storage::user system_user(std::int64_t id, std::string_view email, std::string_view role, std::string_view name,
                          std::string_view type, proto::timestamp now) {
  storage::user u;
  u.id = id;
  u.system_id = random_uuid();
  u.full_name = name;
  u.email = rules::normalise_address(email);
  u.role = role;
  u.verified = u.email_verified = true;
  u.created = u.updated = now;
  u.extra_info = R"({"provenance":"auto-created","type":")" + std::string(type) + "\"}";
  return u;
}

std::string refusal(const std::vector<proto::code>& failed) {
  std::string out = "the administrator's password is refused:";
  for (const auto c : failed) (out += ' ') += proto::row(c).text;
  return out;
}

}  // namespace

bool is_seeded(storage::store& store) {
  const auto view = store.read();
  return storage::next_user_id(*view) > 1;
}

std::vector<proto::code> judge_administrator(const administrator& admin, const settings& config) {
  if (!admin.password) return {};
  if (rules::too_long(admin.password->reveal())) return {proto::code::password_too_long};
  const std::string email = rules::normalise_address(admin.email);
  return rules::judge(admin.password->reveal(), {config.server_name, {email}, {administrator_name}}, config.policy,
                      *config.common_passwords);
}

tl::expected<seeded, std::string> seed(storage::store& store, const administrator& admin, const settings& config,
                                       proto::timestamp now, const before_seeding& before) {
  if (!rules::seed_address_acceptable(admin.email))
    return tl::unexpected<std::string>("the administrator's e-mail address needs exactly one @");
  if (const auto failed = judge_administrator(admin, config); !failed.empty()) return tl::unexpected(refusal(failed));

  seeded out;
  if (!admin.password) out.generated = random_password();
  const proto::secret& password = admin.password ? *admin.password : *out.generated;
  std::array<unsigned char, password_hasher::salt_bytes> salt{};
  proto::random_bytes(salt);

  auto first = system_user(1, admin.email, "superuser", administrator_name, "system-user", now);
  first.password_hash = password_hasher().make(password.reveal(), salt, config.argon2);
  out.email = first.email;
  auto third = system_user(3, "dummyuser@localhost", "locked", "The systemwide locked user", "locked-user", now);
  third.active = false;

  storage::mini_transaction tx;
  storage::add_user(tx, first);
  storage::add_user(
      tx, system_user(2, "anonuser@localhost", "anonymous", "The systemwide anonymous user", "anonymous-user", now));
  storage::add_user(tx, third);
  if (auto kept = before(out); !kept) return tl::unexpected(std::move(kept.error()));
  const storage::mini_transaction* const batch[] = {&tx};
  if (store.commit(batch).front() != storage::commit_result::applied)
    return tl::unexpected("the store cannot be seeded: " + store.last_failure());
  return out;
}

}  // namespace authnz::actors
