#include "actors/spawn.hpp"

#include <algorithm>
#include <random>

#include "actors/apikey.hpp"
#include "actors/breach.hpp"
#include "actors/courier.hpp"
#include "actors/journal.hpp"
#include "actors/mailer.hpp"
#include "actors/policy.hpp"
#include "actors/ratelimit.hpp"
#include "actors/session.hpp"
#include "actors/sweeper.hpp"
#include "actors/user.hpp"

namespace authnz::actors {

namespace {

// While there is nobody to send it, a message waits as behind any other trouble.
void send_to_couriers(const routes& all, mail_ptr&& job) {
  if (all.couriers) return caf::anon_send(all.couriers, std::move(job));
  job->report = {delivery::deferred, "the couriers are restarting"};
  const auto home = job->reply_to;
  caf::anon_send(home, std::move(job));
}

/// While there is no such actor the job ends here, which answers it.
template <class Handle>
auto to(const route_table& table, Handle routes::*whom, peer_job::kind what) {
  return [&table, whom, what](std::string packed, std::function<void(std::string)> reply) {
    auto job = std::make_shared<peer_job>(what, std::move(packed), std::move(reply));
    const auto all = table.current();
    if (const auto& actor = (*all).*whom) caf::anon_send(actor, std::move(job));
  };
}

// Makes the children's specifications; each keeps what its actor needs to be
// started again.
class family {
 public:
  family(caf::actor_system& system, node_parts parts) : system_(system), parts_(std::move(parts)) {
    aside = std::make_shared<audit_aside>(to_journal(), parts_.meters);
  }

  std::vector<child> children() {
    std::vector<child> all{journal_child(), hasher_child(),  breach_child(),
                           courier_child(), sweeper_child(), ratelimit_child()};
    parts_.routes.update([&](routes& r) {
      r.sessions.resize(parts_.shards);
      r.users.resize(parts_.shards);
      r.apikeys.resize(parts_.shards);
      r.policies.resize(parts_.shards);
      r.mailers.resize(1);
    });
    for (std::size_t i = 0; i < parts_.shards; ++i) {
      all.push_back(decider_child(proto::target::session, "session", &routes::sessions, i, &session));
      all.push_back(decider_child(proto::target::user, "user", &routes::users, i, &user));
      all.push_back(decider_child(proto::target::apikey, "apikey", &routes::apikeys, i, &apikey));
      all.push_back(decider_child(proto::target::policy, "policy", &routes::policies, i, &policy));
    }
    all.push_back(mailer_child());
    cards_->all.push_back(always_there("supervisor"));
    cards_->all.push_back(always_there("gateway"));
    return all;
  }

  std::shared_ptr<const actor_cards> cards() const { return cards_; }

  const meter_ptr messages_done = std::make_shared<meter>();
  std::shared_ptr<audit_aside> aside;

 private:
  card_ptr card(const std::string& id, const std::string& kind, std::size_t shard, const meter_ptr& measured) {
    return cards_->all.emplace_back(
        std::make_shared<actor_card>(id, kind, static_cast<std::uint32_t>(shard), measured));
  }
  // Never restarted, so there is nothing that would end it.
  static card_ptr always_there(const std::string& name) {
    auto c = std::make_shared<actor_card>(name, name, 0, std::make_shared<meter>());
    c->started();
    return c;
  }
  std::vector<card_ptr> worker_cards(const std::string& kind, std::uint32_t count) {
    std::vector<card_ptr> all;
    for (std::uint32_t n = 0; n < std::max(count, 1U); ++n)
      all.push_back(card(kind + "-" + std::to_string(n), kind, n, std::make_shared<meter>()));
    return all;
  }

  // `spawn` gets the settings; `Handle` is a member of routes.
  template <class Handle, class F>
  child make(std::string name, Handle routes::*place, F&& spawn, bool takes_settings) {
    child c;
    c.name = std::move(name);
    c.measured = std::make_shared<meter>();
    c.card = card(c.name, c.name, 0, c.measured);
    c.takes_settings = takes_settings;
    c.start = [&table = parts_.routes, place, spawn = std::forward<F>(spawn), known = c.card](const settings_ptr& s) {
      Handle actor = spawn(s, known);
      table.update([&](routes& r) { r.*place = actor; });
      return caf::actor_cast<caf::actor>(actor);
    };
    c.withdraw = [&table = parts_.routes, place] { table.update([&](routes& r) { r.*place = nullptr; }); };
    return c;
  }

  std::function<void(commit_ptr&&)> to_journal() {
    return [&table = parts_.routes](commit_ptr&& job) { caf::anon_send(table.current()->journal, std::move(job)); };
  }

  child journal_child() {
    const auto commit = [&store = parts_.store](std::span<const storage::mini_transaction* const> batch) {
      return store.commit(batch);
    };
    auto c = make(
        "journal", &routes::journal,
        [&s = system_, commit, counts = parts_.meters](const settings_ptr&, const card_ptr& c) {
          return s.spawn<caf::detached>(journal, committer(commit), c->measured, counts);
        },
        false);
    // Others may have jobs for it until they end.
    c.ends_last = true;
    return c;
  }

  child hasher_child() {
    auto options = parts_.hashing;
    options.sharing.peers = parts_.shares_hashing ? parts_.peers : nullptr;
    options.counts = parts_.meters;
    options.worker_cards = worker_cards("hash-worker", options.workers);
    return make(
        "hasher", &routes::hasher,
        [&s = system_, options](const settings_ptr& config, const card_ptr& c) {
          auto mine = options;
          mine.card = c;
          mine.sharing.usual = config->argon2;
          mine.sharing.keys = config->mail.keys;
          return s.spawn(hasher, std::move(mine), c->measured);
        },
        true);
  }

  child breach_child() {
    return make(
        "breach", &routes::breach,
        [&s = system_, list = parts_.breached](const settings_ptr&, const card_ptr& c) {
          return s.spawn<caf::detached>(breach, list, c->measured);
        },
        false);
  }

  child sweeper_child() {
    sweeper_parts p;
    p.read = [&store = parts_.store] { return store.read(); };
    p.commit = to_journal();
    p.now = clocks::system().wall;
    p.chance = [random = std::make_shared<std::mt19937_64>(std::random_device{}())] {
      return std::uniform_real_distribution<double>(0, 1)(*random);
    };
    p.duties = parts_.duties;
    return make(
        "sweeper", &routes::sweeper,
        [&s = system_, p](const settings_ptr& config, const card_ptr& c) {
          auto mine = p;
          mine.config = config;
          mine.measured = c->measured;
          mine.card = c;
          return s.spawn(sweeper, std::move(mine));
        },
        true);
  }

  child ratelimit_child() {
    ratelimit_parts p;
    p.now = clocks::system().wall;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    p.peers = parts_.peers;
    const auto secret = p.peers != nullptr ? std::optional(limits_secret(parts_.cluster)) : std::nullopt;
    p.buckets = restore_buckets(parts_.store, parts_.config->rates,
                                {std::chrono::duration_cast<std::chrono::microseconds>(now).count(), p.now()}, secret);
    p.commit = to_journal();
    p.on_refusal = parts_.on_rate_refusal;
    p.counts = parts_.meters;
    p.route = [&table = parts_.routes](proto::exchange_ptr&& ex) { send_to_decider(*table.current(), std::move(ex)); };
    auto made = make(
        "ratelimit", &routes::ratelimit,
        [&s = system_, p](const settings_ptr& config, const card_ptr& c) {
          auto mine = p;
          mine.config = config;
          mine.measured = c->measured;
          mine.card = c;
          return s.spawn(ratelimit, std::move(mine));
        },
        true);
    cards_->ratelimit = made.card;
    return made;
  }

  child courier_child() {
    courier_options options;
    options.courier_cards = worker_cards("courier", options.couriers);
    return make(
        "couriers", &routes::couriers,
        [&s = system_, options, way = parts_.transport](const settings_ptr&, const card_ptr& c) {
          auto mine = options;
          mine.card = c;
          return s.spawn(courier_pool, std::move(mine), way, c->measured);
        },
        false);
  }

  child mailer_child() {
    outbox_parts p;
    p.read = [&store = parts_.store] { return store.read(); };
    p.commit = to_journal();
    p.post = [&table = parts_.routes](mail_ptr&& job) { send_to_couriers(*table.current(), std::move(job)); };
    p.now = clocks::system().wall;
    p.log = parts_.log_mail;
    p.done = messages_done;
    p.counts = parts_.meters;
    p.duties = parts_.duties;
    const auto behaviour = [p](decider_actor::stateful_pointer<mailer_state> self, decider_parts parts) {
      auto mine = p;
      mine.config = parts.config;
      return mailer(self, std::move(parts), std::move(mine));
    };
    return decider_child(proto::target::mailer, "mailer", &routes::mailers, 0, behaviour);
  }

  // `behaviour` is a function of the actor and of decider_parts.
  template <class F>
  child decider_child(proto::target what, const char* kind, std::vector<decider_actor> routes::*place,
                      std::size_t shard, F behaviour) {
    child c;
    c.name = std::string(kind) + "-" + std::to_string(shard);
    c.measured = std::make_shared<meter>();
    c.card = card(c.name, kind, shard, c.measured);
    cards_->deciders.at(static_cast<std::size_t>(what)).push_back(c.card);
    c.takes_drain = true;
    c.start = [&s = system_, &table = parts_.routes, &store = parts_.store, audit = parts_.audit,
               on_answer = parts_.on_answer, shards = parts_.shards, place, shard, behaviour, record = parts_.record,
               aside = aside, known = c.card, counts = parts_.meters](const settings_ptr& config) {
      decider_parts parts{store, table, config, known->measured, audit, on_answer, clocks::system(), shard, shards};
      parts.record = record;
      parts.aside = aside;
      parts.card = known;
      parts.counts = counts;
      const decider_actor actor = s.spawn(behaviour, std::move(parts));
      table.update([&](routes& r) {
        if (shard < (r.*place).size()) (r.*place)[shard] = actor;
      });
      return caf::actor_cast<caf::actor>(actor);
    };
    c.withdraw = [&table = parts_.routes, place, shard] {
      // At the end there are no places any more.
      table.update([&](routes& r) {
        if (shard < (r.*place).size()) (r.*place)[shard] = nullptr;
      });
    };
    return c;
  }

  caf::actor_system& system_;
  node_parts parts_;
  std::shared_ptr<actor_cards> cards_ = std::make_shared<actor_cards>();
};

}  // namespace

node_system_config::node_system_config(std::uint32_t scheduler_threads) {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", static_cast<std::size_t>(scheduler_threads));
}

node spawn_node(caf::actor_system& system, node_parts parts) {
  node out;
  auto& routes = parts.routes;
  auto& store = parts.store;
  auto config = parts.config;
  auto on_death = parts.on_death;
  out.asks_breached_list = parts.breached != nullptr;
  family all(system, std::move(parts));
  auto children = all.children();
  for (const auto& c : children) out.meters.emplace_back(c.name, c.measured);
  out.meters.emplace_back("outbox", all.messages_done);
  out.aside = all.aside;
  out.cards = all.cards();
  routes.publish(out.cards);
  out.take_for_peer = to(routes, &routes::ratelimit, peer_job::kind::take);
  out.hash_for_peer = to(routes, &routes::hasher, peer_job::kind::hash);
  out.hand_from_peer = [give = to(routes, &routes::ratelimit, peer_job::kind::hand)](std::string packed) {
    give(std::move(packed), {});
  };
  out.gateway = system.spawn(gateway, gateway_parts{routes, store});
  out.supervisor = system.spawn(supervisor, std::move(children), std::move(config), std::move(on_death));
  return out;
}

}  // namespace authnz::actors
