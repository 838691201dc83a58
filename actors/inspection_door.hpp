/// What an administrator's tool may send to a node, and a node to its peers.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <string>

namespace authnz::actors {

using hello_atom = caf::atom_constant<caf::atom("hello")>;
using ask_atom = caf::atom_constant<caf::atom("ask")>;

/// Texts only, so that nothing else needs to travel.
using inspection_door = caf::typed_actor<
    // proto::inspection_protocol, who asks -> the answer to `node`
    caf::replies_to<hello_atom, std::uint16_t, std::string>::with<std::string>,
    // question's name, arguments (a JSON object), who asks -> an answer (proto/questions.hpp)
    caf::replies_to<ask_atom, std::string, std::string, std::string>::with<std::string>>;

}  // namespace authnz::actors
