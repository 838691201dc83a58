#include <algorithm>
#include <array>

#include "actors/inspection/answers.hpp"
#include "actors/inspection/arguments.hpp"

namespace authnz::actors::inspection {

namespace {

constexpr std::chrono::seconds patience{2};

struct order_row {
  std::string_view name;
  actor_order order;
};
constexpr auto orders = std::to_array<order_row>({{"pause", actor_order::pause},
                                                  {"resume", actor_order::resume},
                                                  {"restart", actor_order::restart},
                                                  {"drain", actor_order::drain}});

/// What actors of a kind can be told.
struct ability {
  std::string_view kind;
  bool pause;
  bool drain;
  bool restart;
  std::string_view instead;  ///< what else to do, a sentence
};
constexpr auto abilities = std::to_array<ability>({
    {"session", true, true, true, ""},
    {"user", true, true, true, ""},
    {"apikey", true, true, true, ""},
    {"policy", true, true, true, ""},
    {"mailer", true, true, true, ""},
    {"ratelimit", true, true, true, ""},
    {"hasher", true, true, true, ""},
    {"couriers", true, true, true, ""},
    {"sweeper", true, false, true, "pause it: it sweeps on when it is resumed"},
    {"journal", false, false, true, "to hold up changes, pause or drain those who decide them"},
    {"breach", false, false, true, "to do without it, start the server with pwnedpasswords=off"},
    {"hash-worker", false, false, false, "its hasher looks after it: tell hasher"},
    {"courier", false, false, false, "the pool looks after it: tell couriers"},
    {"supervisor", false, false, false, "it restarts the others; restart the server instead"},
    {"gateway", false, false, false, "to hold up requests, pause or drain those who decide them"},
});

bool can(const ability& a, actor_order order) {
  switch (order) {
    case actor_order::pause: return a.pause;
    case actor_order::resume: return a.pause || a.drain;
    case actor_order::drain: return a.drain;
    case actor_order::restart: return a.restart;
  }
  return false;
}

std::string those_who_can(const actor_cards& cards, actor_order order) {
  std::string out;
  for (const auto& card : cards.all) {
    const auto at = std::ranges::find(abilities, card->kind, &ability::kind);
    if (at != abilities.end() && can(*at, order)) out += (out.empty() ? "" : ", ") + card->id;
  }
  return out;
}

inspected refusal(const actor_card& card, const ability& a, const order_row& wanted, const actor_cards& cards) {
  std::string verbs;
  for (const auto& o : orders)
    if (can(a, o.order)) verbs += (verbs.empty() ? "" : ", ") + std::string(o.name);
  std::string text = card.id + " cannot be told to " + std::string(wanted.name);
  if (!verbs.empty()) text += ", only to " + verbs;
  if (!a.instead.empty()) text += "; " + std::string(a.instead);
  return not_possible(text + ". Those who can: " + those_who_can(cards, wanted.order));
}

/// Why not; empty when it is done.
std::string tell(const supervisor_actor& supervisor, const std::string& id, actor_order order) {
  if (!supervisor) return "the node stops";
  std::string why = "the supervisor does not answer; see /health";
  caf::scoped_actor self(supervisor.home_system());
  self->request(supervisor, patience, order_atom::value, id, static_cast<std::uint8_t>(order))
      .receive([&](const std::string& said) { why = said; }, [](const caf::error&) {});
  return why;
}

inspected control(const inspection_parts& p, const json& arguments) {
  const auto id = required_text(arguments, "actor");
  const auto verb = required_text(arguments, "order");
  if (!id) return tl::unexpected(id.error());
  if (!verb) return tl::unexpected(verb.error());
  const auto wanted = std::ranges::find(orders, *verb, &order_row::name);
  if (wanted == orders.end()) return bad_argument("order must be pause, resume, restart or drain");
  const auto card = p.actors.cards ? p.actors.cards->find(*id) : nullptr;
  if (!card) return not_found("there is no actor " + *id + "; authnzctl actors lists them");
  const auto at = std::ranges::find(abilities, card->kind, &ability::kind);
  if (at == abilities.end() || !can(*at, wanted->order))
    return refusal(*card, at == abilities.end() ? ability{} : *at, *wanted, *p.actors.cards);
  if (auto why = tell(p.actors.supervisor, *id, wanted->order); !why.empty()) return not_possible(std::move(why));
  return nlohmann::ordered_json{{"node", p.node_name}, {"actor", *id}, {"state", name(card->state())}};
}

}  // namespace

// The inspector has a thread of its own, so it may wait for the supervisor.
void actor_control(inspection_desk& desk, const json& arguments, const answer_to& done) {
  done(control(desk.parts(), arguments));
}

}  // namespace authnz::actors::inspection
