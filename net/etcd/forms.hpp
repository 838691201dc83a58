/// The JSON of etcd's API: requests as text, answers as values.
///
/// Keys and values are base64 there, 64-bit numbers strings, and whatever has
/// its default (0, false, empty) is absent. Readers take any JSON and say
/// whether it is what it has to be.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "net/etcd/client.hpp"

namespace authnz::net::etcd {

using json = nlohmann::json;

std::string range_request(const std::string& key, const range_options& how);
std::string put_request(const std::string& key, const std::string& value, std::int64_t lease);
std::string transaction_request(const transaction& t);
/// Of whole revisions in pieces, see watch_pieces.
std::string watch_request(const std::string& key, const std::string& end, std::uint64_t from_revision);

/// Null unless `object` is one and has the member.
const json* member_of(const json& object, const char* name);
/// 0 if absent; nothing if it is no number of 64 bits.
std::optional<std::uint64_t> number_of(const json& object, const char* name);
std::optional<std::int64_t> signed_number_of(const json& object, const char* name);
/// Empty if absent or no text.
std::string text_of(const json& object, const char* name);
bool truth_of(const json& object, const char* name);
/// Of the answer's header; 0 if it says none.
std::uint64_t header_revision(const json& answer);
/// Raft's; as above.
std::uint64_t header_term(const json& answer);

bool read_range(const json& answer, range_answer& into);
/// Whether it is an answer to `t`: as many answers as the branch has operations.
bool read_transaction(const json& answer, const transaction& t, transaction_answer& into);
/// One of a watch's.
bool read_event(const json& from, event& into);

}  // namespace authnz::net::etcd
