#include "net/etcd/caller.hpp"

#include <algorithm>
#include <utility>

namespace authnz::net::etcd {
namespace {

using kind = failure::kind;

constexpr std::chrono::milliseconds look_every{50};
// What is given up is work that etcd has done for nothing, and does again.
constexpr std::chrono::milliseconds shortest_time_for_login{1500};

// google.golang.org/grpc/codes
enum grpc : std::uint64_t {
  invalid_argument = 3,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  out_of_range = 11,
  unauthenticated = 16,
};

struct said {
  std::uint64_t code = 0;
  std::string text;
};

said read_error(std::string_view body) {
  const json error = json::parse(body, nullptr, false);
  said s{number_of(error, "code").value_or(0), text_of(error, "message")};
  if (s.text.empty()) s.text = text_of(error, "error");
  s.text = one_line(s.text.empty() ? body : std::string_view(s.text));
  return s;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Whatever the bytes are: etcd refuses those that are no UTF-8.
void add_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || c == '"' || c == '\\') {
      out += "\\u00";
      out += "0123456789abcdef"[byte >> 4U];
      out += "0123456789abcdef"[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

failure judge_refusal(const said& s, long status, const std::string& from, bool may_have_acted) {
  const std::string text = from + s.text;
  switch (s.code) {
    case resource_exhausted:
      if (has(s.text, "space exceeded"))
        return {kind::full, text +
                                ": its space is used up; compact and defragment it, or raise --quota-backend-bytes, "
                                "then `etcdctl alarm disarm`"};
      if (has(s.text, "larger than max")) return {kind::too_large, text};
      // Judged before anything is proposed.
      return {kind::not_sent, text};
    case out_of_range: return {has(s.text, "compacted") ? kind::compacted : kind::refused, text};
    case invalid_argument:
      if (has(s.text, "too many operations")) return {kind::too_large, text + ": start etcd with --max-txn-ops=1024"};
      if (has(s.text, "too large")) return {kind::too_large, text};
      return {kind::refused, text};
    case not_found:
    case already_exists:
    case permission_denied:
    case failed_precondition:
    case unauthenticated: return {kind::refused, text};
    case 0:
      if (status == 404)
        return {kind::refused, from + "there is no API under /v3/: is it etcd 3.4 or later, with its gRPC gateway?"};
      if (has(s.text, "CommonName of client"))
        return {kind::refused, text +
                                   ": where etcd asks for users too, the client certificate's subject must have no "
                                   "CommonName; make it with -subj /O=NAME"};
      if (status >= 400 && status < 500) return {kind::refused, text};
      break;
    default: break;
  }
  return {may_have_acted ? kind::unknown : kind::not_sent, text};
}

}  // namespace

failure judge(const transfer_end& end, std::string_view body, const std::string& endpoint, bool may_have_acted) {
  const std::string from = "etcd at " + endpoint + ": ";
  if (end.complete) return judge_refusal(read_error(body), end.status, from, may_have_acted);
  if (end.overflown && !may_have_acted) return {kind::too_large, from + end.error};
  return {end.sent && may_have_acted ? kind::unknown : kind::not_sent, from + end.error};
}

bool is_about_identity(std::string_view body) {
  const said s = read_error(body);
  return s.code == unauthenticated || s.code == permission_denied || has(s.text, "invalid auth token") ||
         has(s.text, "revision of auth store is old") || has(s.text, "user name is empty");
}

caller::caller(options o) : options_(std::move(o)), transfer_(options_) {
  if (options_.endpoints.empty()) options_.endpoints.emplace_back();
  if (!options_.health || options_.health->members() != members())
    options_.health = std::make_shared<member_health>(members());
  if (!options_.login) options_.login = std::make_shared<shared_login>();
}

outcome<json> caller::read(std::string_view path, const std::string& body) { return in_turn(path, body, true); }
outcome<json> caller::write(std::string_view path, const std::string& body) { return in_turn(path, body, false); }

outcome<json> caller::in_turn(std::string_view path, const std::string& body, bool repeatable) {
  outcome<json> answer = tl::unexpected(failure{kind::not_sent, "no endpoint of etcd is configured"});
  for (const auto member : health().order()) {
    in_turn_ = health().now();
    answer = ask(member, path, body, repeatable);
    in_turn_.reset();
    if (stopped()) return answer;
    const auto what = answer ? kind::refused : answer.error().what;
    if (what != kind::not_sent && what != kind::unknown) {
      health().answered(member, answer ? header_term(*answer) : 0);
      return answer;
    }
    if (!given_up_) health().silent(member);
    if (what == kind::unknown) return answer;
  }
  return answer;
}

bool caller::is_hopeless(std::size_t member) const { return in_turn_ && health().is_hopeless(member, *in_turn_); }

bool caller::is_identity_refused(std::string_view answer) const {
  return transfer_.end().complete && transfer_.end().status != 200 && is_about_identity(answer);
}

outcome<json> caller::ask(std::size_t member, std::string_view path, const std::string& body, bool repeatable) {
  given_up_ = false;
  const auto send = [&](const shared_login::token& token) {
    return exchange(member, {.url = endpoint(member) + std::string(path),
                             .body = body,
                             .token = token.text,
                             .longest = options_.request_time,
                             .repeatable = repeatable});
  };
  const auto before = known_token().number;
  auto token = token_for(member);
  if (!token) return tl::unexpected(token.error());
  std::string text = send(*token);
  // One that is new and refused all the same is the operator's to look at.
  if (is_identity_refused(text) && !options_.user.empty() && token->number == before) {
    token = new_token(member, *token);
    if (!token) return tl::unexpected(token.error());
    text = send(*token);
  }
  if (is_identity_refused(text)) return tl::unexpected(about_identity(member, read_error(text).text));
  if (!transfer_.end().complete || transfer_.end().status != 200)
    return tl::unexpected(judge(transfer_.end(), text, endpoint(member), !repeatable));
  json answer = json::parse(text, nullptr, false);
  if (answer.is_object()) return answer;
  return tl::unexpected(failure{repeatable ? kind::not_sent : kind::unknown,
                                "etcd at " + endpoint(member) + ": what it answers is no JSON object"});
}

outcome<shared_login::token> caller::token_for(std::size_t member) {
  if (options_.user.empty()) return shared_login::token();
  auto known = known_token();
  if (known.number != 0) return known;
  return new_token(member, known);
}

outcome<shared_login::token> caller::new_token(std::size_t member, const shared_login::token& refused) {
  if (in_turn_) in_turn_ = health().now();
  const auto is_over = [&] {
    given_up_ = given_up_ || is_hopeless(member);
    return given_up_ || stopped();
  };
  return options_.login->newer_than(refused.number, member,
                                    {.from = "etcd at " + endpoint(member) + ": ",
                                     .log_in = [&] { return log_in(member); },
                                     .is_over = is_over,
                                     .longest_wait = std::max(options_.request_time, shortest_time_for_login)});
}

shared_login::attempt caller::log_in(std::size_t member) {
  std::string body;
  // No growth, which would leave copies behind.
  body.reserve(64 + 6 * (options_.user.size() + options_.password.reveal().size()));
  body += "{\"name\":";
  add_quoted(body, options_.user);
  body += ",\"password\":";
  add_quoted(body, options_.password.reveal());
  body += '}';
  const std::string text = exchange(member, {.url = endpoint(member) + "/v3/auth/authenticate",
                                             .body = std::move(body),
                                             .longest = std::max(options_.request_time, shortest_time_for_login),
                                             .repeatable = true});
  const auto& end = transfer_.end();
  const auto failed = [&](failure why) {
    return shared_login::attempt{tl::unexpected(std::move(why)), !stopped() && !end.given_up};
  };
  if (end.complete && end.status == 200) {
    const json answer = json::parse(text, nullptr, false);
    std::string token = text_of(answer, "token");
    // It goes into a header.
    if (!token.empty() && token == one_line(token)) return {std::move(token)};
    return failed({kind::not_sent, "etcd at " + endpoint(member) + ": it gives no token"});
  }
  if (end.complete) {
    const std::string why = read_error(text).text;
    if (has(why, "not enabled")) return {std::string()};
    if (has(why, "authentication failed")) return failed(about_identity(member, why));
  }
  return failed(judge(end, text, endpoint(member), false));
}

std::string caller::exchange(std::size_t member, transfer::request r) {
  std::string answer;
  if (in_turn_) in_turn_ = health().now();
  transfer_.begin(std::move(r), [&answer](std::string_view piece) {
    if (piece.size() > longest_answer - answer.size()) return false;
    answer += piece;
    return true;
  });
  while (!transfer_.turn(look_every))
    if (is_hopeless(member)) {
      given_up_ = true;
      transfer_.give_up("it does not answer, and others do");
    }
  return answer;
}

failure caller::about_identity(std::size_t member, const std::string& said) const {
  const std::string from = "etcd at " + endpoint(member) + ": " + said;
  if (options_.user.empty())
    return {kind::refused, from + ": it asks for a user and a password, and none is configured"};
  if (has(said, "permission denied"))
    return {kind::refused, from + ": the user " + options_.user +
                               " needs a role with the permission readwrite on the whole prefix of the cluster"};
  return {kind::refused, from + ": check the user " + options_.user + " and its password"};
}

}  // namespace authnz::net::etcd
