/// The request table's values in words, as the documents, the JSON dump and
/// the clients use them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/error.hpp"
#include "proto/requests.hpp"

namespace authnz::protogen {

/// Type words of the wire (contract, section 3), nullable ones with `None` at the end.
std::vector<std::string_view> type_words(proto::type_set types);

/// R, R0 or O.
std::string_view need_word(proto::need n);
/// open, personal or secret.
std::string_view secrecy_word(proto::secrecy s);
/// ordinary, password or long_text.
std::string_view size_word(proto::size_rule s);
std::string_view effect_word(proto::effect e);
std::string_view target_word(proto::target t);
/// no, once_accepted or checking.
std::string_view hashing_word(proto::hashing h);
/// none, frontend or internal.
std::string_view trust_word(proto::trust t);
std::string_view code_use_word(proto::code_use u);

/// The group that limits a request without a limit of its own: the part of
/// its name before the first hyphen.
std::string_view group_of(const proto::request_row& row);

std::string join(const std::vector<std::string_view>& words, std::string_view between);

}  // namespace authnz::protogen
