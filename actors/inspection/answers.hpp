/// The answers to the questions of proto/questions.hpp: one function each.
/// `arguments` is a JSON object; what a function does not know it ignores.
#pragma once

#include "actors/inspection.hpp"

namespace authnz::actors::inspection {

/// Of the JSON that arguments and answers are, in levels; what nests deeper is
/// refused. What frontends have stored may have 64.
inline constexpr unsigned greatest_depth = 80;

// node.cpp
inspected node(const inspection_parts& p);
inspected snapshot(const inspection_parts& p);
inspected configuration(const inspection_parts& p);
inspected configuration_reload(const inspection_parts& p);
inspected log_level(const inspection_parts& p, const json& arguments);

// control.cpp
void actor_control(inspection_desk& desk, const json& arguments, const answer_to& done);

// traces.cpp
inspected trace_start(const inspection_parts& p, const json& arguments);
inspected trace_read(const inspection_parts& p, const json& arguments);
inspected trace_stop(const inspection_parts& p, const json& arguments);

// credentials.cpp
inspected sessions(const inspection_parts& p, const json& arguments);
void session_end(inspection_desk& desk, const json& arguments, answer_to done);
inspected apikeys(const inspection_parts& p, const json& arguments);
void apikey_revoke(inspection_desk& desk, const json& arguments, answer_to done);

// mail.cpp
inspected mail_queue(const inspection_parts& p, const json& arguments);
void mail_retry(inspection_desk& desk, const json& arguments, answer_to done);
void mail_drop(inspection_desk& desk, const json& arguments, answer_to done);

// limits.cpp
void limits(inspection_desk& desk, const json& arguments, answer_to done);
void limits_clear(inspection_desk& desk, const json& arguments, answer_to done);

// cluster.cpp
void cluster_status(inspection_desk& desk, const answer_to& done);
void cluster_members(inspection_desk& desk, const answer_to& done);
void cluster_drain(inspection_desk& desk, const answer_to& done);

// trail.cpp
inspected audit(const inspection_parts& p, const json& arguments);
inspected audit_verify(const inspection_parts& p, const json& arguments);

// store.cpp
inspected store_check(const inspection_parts& p, const json& arguments);
inspected store_digest(const inspection_parts& p, const json& arguments);

}  // namespace authnz::actors::inspection
