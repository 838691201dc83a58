#include "actors/inspection/answers.hpp"

namespace authnz::actors::inspection {

namespace {

/// Has it answered elsewhere, and brings the answer home.
void ask(const inspection_desk& desk, const std::function<void(answer_to)>& whom, const answer_to& done) {
  if (!whom) return done(not_possible("this node is of no cluster: it was started without the item cluster"));
  whom([home = desk.way_home(), done](inspected answer) {
    home([done, answer = std::make_shared<inspected>(std::move(answer))] { done(std::move(*answer)); });
  });
}

}  // namespace

void cluster_status(inspection_desk& desk, const answer_to& done) {
  ask(desk, desk.parts().outside.cluster.status, done);
}

void cluster_members(inspection_desk& desk, const answer_to& done) {
  ask(desk, desk.parts().outside.cluster.members, done);
}

void cluster_drain(inspection_desk& desk, const answer_to& done) {
  ask(desk, desk.parts().outside.cluster.drain, [&door = desk.parts().door, done](inspected answer) {
    if (answer) door.set_not_ready("drained");
    done(std::move(answer));
  });
}

}  // namespace authnz::actors::inspection
