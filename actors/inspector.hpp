/// The inspector: answers the questions of an administrator's tool
/// (proto/questions.hpp). Detached, so that whoever looks stands in nobody's
/// way. The only actor that is published to the network.
#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <string>

#include "actors/interfaces.hpp"
#include "proto/questions.hpp"

namespace authnz::actors {

struct inspected_request;
using inspected_request_ptr = std::shared_ptr<inspected_request>;

}  // namespace authnz::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(authnz::actors::inspected_request_ptr)

namespace authnz::actors {

using hello_atom = caf::atom_constant<caf::atom("hello")>;
using ask_atom = caf::atom_constant<caf::atom("ask")>;

/// What a tool may send. Texts only, so that nothing else needs to travel.
using inspection_door = caf::typed_actor<
    // proto::inspection_protocol, who asks -> the answer to `node`
    caf::replies_to<hello_atom, std::uint16_t, std::string>::with<std::string>,
    // question's name, arguments (a JSON object), who asks -> an answer (proto/questions.hpp)
    caf::replies_to<ask_atom, std::string, std::string, std::string>::with<std::string>>;

using inspector_actor = inspection_door::extend<caf::reacts_to<commit_ptr>,             // a change is done
                                                caf::reacts_to<inspected_request_ptr>,  // a request was answered
                                                caf::replies_to<ping_atom>::with<pong_atom>>;

}  // namespace authnz::actors
