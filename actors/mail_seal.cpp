#include "actors/mail_seal.hpp"

#include "actors/sealing.hpp"
#include "storage/codec.hpp"

namespace authnz::actors {
namespace {

constexpr std::uint8_t sealed_version = 1;

proto::secret write(const sealed_mail& what) {
  storage::record_writer out(sealed_version);
  out.bytes(what.mail.sender).bytes(what.mail.recipient).bytes(what.mail.text).boolean(what.route.has_value());
  if (const auto& route = what.route) {
    out.bytes(route->server)
        .u32(route->port)
        .bytes(route->user)
        .bytes(route->password.reveal())
        .u8(static_cast<std::uint8_t>(route->security))
        .boolean(route->verify_certificate)
        .maybe_bytes(route->authorities ? std::optional(route->authorities->string()) : std::nullopt);
  }
  return proto::secret(out.take());
}

mail_route read_route(storage::record_reader& in) {
  mail_route route;
  route.server = in.bytes();
  route.port = static_cast<std::uint16_t>(in.u32());
  route.user = in.bytes();
  route.password = proto::secret(std::string(in.bytes()));
  route.security = static_cast<mail_security>(in.u8());
  route.verify_certificate = in.boolean();
  if (const auto file = in.maybe_bytes()) route.authorities = std::filesystem::path(*file);
  return route;
}

std::optional<sealed_mail> read(std::string_view bytes) {
  storage::record_reader in(bytes, sealed_version);
  sealed_mail what;
  what.mail.sender = in.bytes();
  what.mail.recipient = in.bytes();
  what.mail.text = in.bytes();
  if (in.boolean()) what.route = read_route(in);
  if (!in.finished() || (what.route && what.route->security > mail_security::none)) return std::nullopt;
  return what;
}

}  // namespace

std::optional<std::string> seal_mail(const sealed_mail& what, const proto::keyring_ptr& keys) {
  return seal(write(what), keys);
}

std::optional<sealed_mail> open_mail(std::string_view sealed, const proto::keyring_ptr& keys) {
  const auto text = unseal(sealed, keys);
  return text ? read(text->reveal()) : std::nullopt;
}

}  // namespace authnz::actors
