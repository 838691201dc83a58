/// Calls of etcd's API with fail-over between members and with authentication.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "net/etcd/client.hpp"
#include "net/etcd/forms.hpp"
#include "net/etcd/shared_login.hpp"
#include "net/etcd/transfer.hpp"

namespace authnz::net::etcd {

/// An answer that is longer is an error (`too_large` of a read).
inline constexpr std::size_t longest_answer = std::size_t{64} << 20;

/// What an answer that is no success means. `body` may be anything.
/// `may_have_acted`: the call changes something.
failure judge(const transfer_end& end, std::string_view body, const std::string& endpoint, bool may_have_acted);

/// Whether etcd did not accept who is calling: a new token may help.
bool is_about_identity(std::string_view body);

class caller {
 public:
  explicit caller(options o);

  /// Asks the members in turn until one answers or refuses. One that others find
  /// silent meanwhile is not waited for until its time is over.
  outcome<json> read(std::string_view path, const std::string& body);
  /// Goes on to the next member only while nothing was sent.
  outcome<json> write(std::string_view path, const std::string& body);
  /// Asks that member alone; what becomes of it says nothing about its health.
  outcome<json> ask(std::size_t member, std::string_view path, const std::string& body, bool repeatable);

  shared_login::token known_token() const { return options_.login->current(); }
  /// What a request to that member is sent with: the newest token that is known.
  /// The first comes from a login there, if options name a user.
  outcome<shared_login::token> token_for(std::size_t member);
  /// Another than `refused`, which that member does not accept.
  outcome<shared_login::token> new_token(std::size_t member, const shared_login::token& refused);

  const options& settings() const { return options_; }
  const std::string& endpoint(std::size_t member) const { return options_.endpoints[member]; }
  std::size_t members() const { return options_.endpoints.size(); }
  member_health& health() const { return *options_.health; }
  void stop() noexcept { transfer_.stop(); }
  bool stopped() const noexcept { return transfer_.stopped(); }

 private:
  outcome<json> in_turn(std::string_view path, const std::string& body, bool repeatable);
  shared_login::attempt log_in(std::size_t member);
  /// One HTTP exchange; whatever came back is in `end()` and the returned text.
  std::string exchange(std::size_t member, transfer::request r);
  bool is_identity_refused(std::string_view answer) const;
  bool is_hopeless(std::size_t member) const;
  failure about_identity(std::size_t member, const std::string& said) const;

  options options_;
  transfer transfer_;
  std::optional<member_health::moment> in_turn_;  ///< since when the member is asked, if another may be instead
  bool given_up_ = false;                         ///< that member, because others answer
};

}  // namespace authnz::net::etcd
