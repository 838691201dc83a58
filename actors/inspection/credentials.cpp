#include "actors/inspection/answers.hpp"

namespace authnz::actors::inspection {

inspected sessions(const inspection_parts&, const json&) { return not_possible("not in this version"); }
void session_end(inspection_desk&, const json&, answer_to done) { done(not_possible("not in this version")); }
inspected apikeys(const inspection_parts&, const json&) { return not_possible("not in this version"); }
void apikey_revoke(inspection_desk&, const json&, answer_to done) { done(not_possible("not in this version")); }

}  // namespace authnz::actors::inspection
