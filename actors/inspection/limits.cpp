#include "actors/inspection/answers.hpp"

namespace authnz::actors::inspection {

void limits(inspection_desk&, const json&, answer_to done) { done(not_possible("not in this version")); }
void limits_clear(inspection_desk&, const json&, answer_to done) { done(not_possible("not in this version")); }

}  // namespace authnz::actors::inspection
