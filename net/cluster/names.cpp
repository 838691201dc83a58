#include "net/cluster/names.hpp"

namespace authnz::net::cluster {
namespace {

constexpr std::string_view word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
constexpr std::size_t longest_node_name = 64;
constexpr std::size_t longest_prefix = 128;

}  // namespace

bool is_node_name(std::string_view text) {
  constexpr auto letters = word.substr(0, word.size() - 1);
  return !text.empty() && text.size() <= longest_node_name && text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_prefix(std::string_view text) {
  return !text.empty() && text.size() <= longest_prefix && text.find_first_not_of(word) == std::string_view::npos &&
         !text.starts_with('/') && !text.ends_with('/');
}

}  // namespace authnz::net::cluster
