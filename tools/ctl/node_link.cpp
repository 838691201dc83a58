#include "tools/ctl/node_link.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "net/link_dial.hpp"

namespace authnz::ctl {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::filesystem::path;

constexpr std::uint16_t usual_port = 13432;
constexpr const char* usual_folder = "/var/lib/authnzerver/certs";

template <class T>
using outcome = tl::expected<T, link_error>;

tl::unexpected<link_error> no_connection(std::string text) {
  return tl::unexpected(link_error{exit_no_node, "no-connection", std::move(text)});
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  return value != nullptr ? value : "";
}

outcome<path> folder_of(const node_options& o) {
  if (!o.certs.empty()) return path(o.certs);
  const auto basedir = variable("AUTHNZERVER_BASEDIR");
  std::error_code ignored;
  for (const auto& place : {basedir.empty() ? path() : path(basedir) / "certs", path("certs"), path(usual_folder)})
    if (!place.empty() && std::filesystem::exists(place, ignored)) return place;
  return tl::unexpected(
      link_error{exit_no_node, "no-certificates",
                 "there are no certificates in ./certs or " + std::string(usual_folder) +
                     "; name their directory with --certs or AUTHNZ_CERTS, or make one with: authnzctl certs init"});
}

struct address {
  std::string host;
  std::uint16_t port = usual_port;
};

outcome<address> address_of(const std::string& node) {
  const tl::unexpected<link_error> wrong(link_error{
      exit_usage, "bad-node", "--node must be HOST:PORT, e.g. 127.0.0.1:13432 or [::1]:13432, not: " + node});
  address out;
  std::string_view rest(node);
  const bool in_brackets = rest.starts_with('[');
  const auto end = in_brackets ? rest.find(']') : rest.find(':');
  if (in_brackets && end == std::string_view::npos) return wrong;
  out.host = rest.substr(in_brackets ? 1 : 0, in_brackets ? end - 1 : end);
  rest.remove_prefix(std::min(rest.size(), in_brackets ? end + 1 : end));
  if (out.host.empty()) return wrong;
  if (rest.empty()) return out;
  if (!rest.starts_with(':')) return wrong;
  rest.remove_prefix(1);
  const auto [stop, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), out.port);
  if (failed != std::errc() || stop != rest.data() + rest.size() || out.port == 0) return wrong;
  return out;
}

link_error failure_of(const net::no_answer& none) {
  using enum net::no_answer::kind;
  if (none.what == refused) return {exit_no_node, "no-answer", "the node cannot answer just now: " + none.text};
  return {exit_no_node, none.what == lost ? "no-connection" : "no-answer", none.text};
}

/// The `ok` of an answer.
outcome<json> open_answer(const std::string& text) {
  const tl::unexpected<link_error> bad(link_error{
      exit_refused, "bad-answer",
      "the node's answer is not to be understood; are authnzctl and the node of versions that differ much?"});
  auto answer = json::parse(text, nullptr, false);
  if (!answer.is_object()) return bad;
  if (const auto ok = answer.find("ok"); ok != answer.end()) return std::move(*ok);
  const auto error = answer.find("error");
  if (error == answer.end() || !error->is_object()) return bad;
  const auto member = [&](const char* name) {
    const auto found = error->find(name);
    return found != error->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return tl::unexpected(link_error{exit_refused, member("code"), member("text")});
}

milliseconds time_out_of(const node_options& o) { return milliseconds(static_cast<std::int64_t>(o.seconds * 1000)); }

}  // namespace

std::shared_ptr<node_options> add_node_options(CLI::App& command) {
  auto o = std::make_shared<node_options>();
  const char* const group = "The node";
  command.add_option("--node", o->node, "HOST:PORT of its admin link")
      ->capture_default_str()
      ->envname("AUTHNZ_NODE")
      ->group(group);
  command
      .add_option("--certs", o->certs,
                  "Directory with ca.pem, admin.pem and admin-key.pem; by default `certs` below AUTHNZERVER_BASEDIR,\n"
                  "./certs or /var/lib/authnzerver/certs")
      ->envname("AUTHNZ_CERTS")
      ->group(group);
  command.add_option("--timeout", o->seconds, "Seconds to wait for an answer")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 86400.0))
      ->group(group);
  return o;
}

int fail(const link_error& error) {
  // A node's text is not trusted with the terminal.
  std::string text = error.text.empty() ? error.code : error.text;
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  std::cerr << "authnzctl: " << text << '\n';
  return error.exit_code;
}

class node_link::implementation {
 public:
  implementation(net::link_identity identity, net::dial_options where, milliseconds longest)
      : identity_(std::move(identity)), where_(std::move(where)), longest_(longest) {}

  outcome<void> dial() {
    link_.reset();
    auto dialled = net::link_dial::open(identity_, where_);
    if (!dialled) return no_connection(dialled.error());
    link_ = std::move(*dialled);
    const auto said = link_->hello(proto::inspection_protocol, who(), longest_);
    if (!said) return tl::unexpected(failure_of(said.error()));
    auto opened = open_answer(*said);
    if (!opened) return tl::unexpected(opened.error());
    hello_ = std::move(*opened);
    return {};
  }

  outcome<json> ask(proto::question what, const json& arguments, milliseconds longest) {
    const auto& row = proto::row(what);
    const auto text = arguments.dump(-1, ' ', false, json::error_handler_t::replace);
    bool dialled = false;
    if (!link_ || !link_->holds()) {
      if (auto again = dial(); !again) return tl::unexpected(again.error());
      dialled = true;
    }
    auto answer = link_->ask(std::string(row.name), text, who(), longest);
    const bool lost = !answer && answer.error().what == net::no_answer::kind::lost;
    if (lost && row.acts)
      return no_connection(
          "the link to the node was lost on the way; it may have done what it was asked, or not: look");
    if (lost && !dialled) {
      if (auto again = dial(); !again) return tl::unexpected(again.error());
      answer = link_->ask(std::string(row.name), text, who(), longest);
    }
    if (!answer) return tl::unexpected(failure_of(answer.error()));
    return open_answer(*answer);
  }

  milliseconds longest() const { return longest_; }
  const json& hello() const { return hello_; }
  const std::string& who() const { return identity_.facts.name; }

 private:
  net::link_identity identity_;
  net::dial_options where_;
  milliseconds longest_;
  std::unique_ptr<net::link_dial> link_;
  json hello_;
};

node_link::node_link(std::unique_ptr<implementation> inside) : inside_(std::move(inside)) {}
node_link::~node_link() = default;
node_link::node_link(node_link&&) noexcept = default;
node_link& node_link::operator=(node_link&&) noexcept = default;

tl::expected<node_link, link_error> node_link::connect(const node_options& options) {
  const auto where = address_of(options.node);
  if (!where) return tl::unexpected(where.error());
  const auto folder = folder_of(options);
  if (!folder) return tl::unexpected(folder.error());
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto identity = net::read_identity(*folder, net::certificate_role::admin, now);
  if (!identity) return tl::unexpected(link_error{exit_no_node, "no-certificates", std::move(identity.error())});
  net::dial_options to;
  to.host = where->host;
  to.port = where->port;
  auto inside = std::make_unique<implementation>(std::move(*identity), std::move(to), time_out_of(options));
  if (auto dialled = inside->dial(); !dialled) return tl::unexpected(dialled.error());
  return node_link(std::move(inside));
}

tl::expected<json, link_error> node_link::ask(proto::question what, const json& arguments) {
  return inside_->ask(what, arguments, inside_->longest());
}

tl::expected<json, link_error> node_link::ask(proto::question what, const json& arguments, milliseconds longest) {
  return inside_->ask(what, arguments, longest);
}

const json& node_link::hello() const { return inside_->hello(); }
const std::string& node_link::who() const { return inside_->who(); }

int with_node(const node_options& options, const std::function<int(node_link&)>& use) {
  auto link = node_link::connect(options);
  return link ? use(*link) : fail(link.error());
}

}  // namespace authnz::ctl
