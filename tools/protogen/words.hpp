/// The request table's values in words, as the documents, the JSON dump and
/// the clients use them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/error.hpp"
#include "proto/requests.hpp"

namespace authnz::protogen {

/// Type words of the wire (contract, section 3), nullable ones with `None` at the end.
std::vector<std::string_view> type_words(proto::type_set types);

/// The same for a reader: `int or None`, `str or list of str`.
std::string type_text(proto::type_set types);

/// R, R0 or O.
std::string_view need_word(proto::need n);
/// open, personal or secret.
std::string_view secrecy_word(proto::secrecy s);
/// ordinary, password or long_text.
std::string_view size_word(proto::size_rule s);
/// any or visible_ascii.
std::string_view form_word(proto::text_form f);
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

/// The request's name, then its alias if it has one.
std::vector<std::string_view> names_of(const proto::request_row& row);

/// Items in the order in which callers read them: optional ones last.
std::vector<const proto::param*> required_first(std::span<const proto::param> params);

std::string join(const std::vector<std::string_view>& words, std::string_view between);

}  // namespace authnz::protogen
