#include "net/cluster/peers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "tests/actor/peer_rig.hpp"

namespace authnz::tests {
namespace {

using net::cluster::peer_event;

class peers : public testing::Test {
 protected:
  std::unique_ptr<linked_node> node(const std::string& name) {
    return std::make_unique<linked_node>(name, folder.of(name), registered);
  }
  static bool link_up(const linked_node& a, const std::string& a_name, const linked_node& b,
                      const std::string& b_name) {
    return eventually([&] { return a.linked_to(b_name) && b.linked_to(a_name); });
  }

  cluster_folder folder;
  roll registered;
};

TEST_F(peers, know_nobody_before_they_start) {
  const net::cluster::peers alone({.self = {"cluster-1", "a", "session"}});
  EXPECT_EQ(alone.current()->self, "a");
  EXPECT_TRUE(alone.current()->others.empty());
}

TEST_F(peers, ask_each_other_through_one_link) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b")) << a->all_events() << b->all_events();
  EXPECT_EQ(a->take_from("b", "one"), "b took one");
  EXPECT_EQ(b->take_from("a", "two"), "a took two");
}

TEST_F(peers, are_all_linked_to_all) {
  const std::array<std::string, 3> names{"a", "b", "c"};
  std::map<std::string, std::unique_ptr<linked_node>> nodes;
  for (const auto& name : names) nodes[name] = node(name);
  for (const auto& name : names) nodes[name]->enter();
  for (const auto& from : names)
    for (const auto& to : names)
      if (from != to) {
        ASSERT_TRUE(eventually([&] { return nodes[from]->linked_to(to); })) << from << to;
        EXPECT_EQ(nodes[from]->take_from(to, from), to + " took " + from);
      }
}

TEST_F(peers, wait_for_links_to_all_who_are_registered) {
  const auto a = node("a");
  a->enter();
  EXPECT_TRUE(a->links->wait_until_linked(std::chrono::seconds(10))) << "nobody else is there";
  registered.add("z", "127.0.0.1:1");
  ASSERT_TRUE(eventually([&] { return a->knows("z"); }));
  EXPECT_FALSE(a->links->wait_until_linked(std::chrono::milliseconds(50)));
  registered.remove("z");
  EXPECT_TRUE(a->links->wait_until_linked(std::chrono::seconds(10)));
}

TEST_F(peers, do_not_wait_for_a_node_that_offers_no_link) {
  const auto a = node("a");
  a->enter();
  registered.add("b", "");
  ASSERT_TRUE(eventually([&] { return a->knows("b"); }));
  EXPECT_TRUE(a->links->wait_until_linked(std::chrono::seconds(10)));
}

TEST_F(peers, are_handed_what_is_theirs) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  caf::anon_send(a->door_of("b"), actors::hand_atom::value, std::string("buckets"));
  EXPECT_TRUE(eventually([&] { return b->handed() == std::vector<std::string>{"buckets"}; }));
}

TEST_F(peers, bring_administrators_questions_to_the_inspector) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  const auto ask = [&] {
    return a->request("b", actors::ask_atom::value, std::string("snapshot"), std::string("{}"), std::string("ada"));
  };
  EXPECT_EQ(ask(), "snapshot {} ada");
  caf::anon_send_exit(b->inspector, caf::exit_reason::user_shutdown);
  b->inspector = nullptr;
  EXPECT_NE(ask().find("inspector-restarting"), std::string::npos);
}

TEST_F(peers, bring_no_questions_that_would_let_a_node_rule) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  for (const auto& row : proto::question_table) {
    const auto answer =
        a->request("b", actors::ask_atom::value, std::string(row.name), std::string("{}"), std::string("ada"));
    EXPECT_EQ(answer.find("not-possible") == std::string::npos, row.by_peers) << row.name;
    if (row.acts && row.by_peers) {
      EXPECT_EQ(row.name, "limits-clear");
    }
  }
  EXPECT_NE(a->request("b", actors::ask_atom::value, std::string("none"), std::string("{}"), std::string("ada"))
                .find("not-possible"),
            std::string::npos);
}

TEST_F(peers, carry_texts_that_are_larger_than_any_buffer) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  const std::string much(3 << 20, 'x');
  EXPECT_EQ(b->take_from("a", much), "a took " + much);
}

TEST_F(peers, of_another_cluster_are_refused) {
  const auto a = node("a");
  const linked_node b("b", folder.of("b"), registered, "cluster-2");
  a->enter();
  registered.add("b", "127.0.0.1:1");
  EXPECT_TRUE(eventually([&] { return b.was_told(peer_event::failed, "belongs to cluster cluster-1"); }))
      << b.all_events();
  EXPECT_FALSE(a->linked_to("b"));
  EXPECT_FALSE(b.linked_to("a"));
}

TEST_F(peers, with_a_certificate_of_another_authority_are_refused) {
  const cluster_folder other;
  const auto a = node("a");
  auto stranger = other.of("b");
  const linked_node b("b", stranger, registered);
  a->enter();
  registered.add("b", "127.0.0.1:1");
  EXPECT_TRUE(eventually([&] { return b.was_told(peer_event::failed, "certificate"); })) << b.all_events();
  // One that does not mind who the other is.
  stranger.authority = folder.of("b").authority;
  ASSERT_TRUE(b.links->set_identity(stranger));
  EXPECT_TRUE(eventually([&] { return a->was_told(peer_event::refused, ""); })) << b.all_events();
  EXPECT_FALSE(a->linked_to("b"));
  EXPECT_FALSE(b.linked_to("a"));
}

TEST_F(peers, that_greet_with_a_name_that_is_not_their_certificates_are_refused) {
  const auto a = node("a");
  const linked_node b("b", folder.of("c"), registered);
  a->enter();
  registered.add("b", "127.0.0.1:1");
  registered.add("c", "127.0.0.1:1");
  EXPECT_TRUE(eventually([&] { return b.was_told(peer_event::failed, "the certificate is node c's, not node b's"); }))
      << b.all_events();
  EXPECT_FALSE(a->linked_to("b"));
  EXPECT_FALSE(a->linked_to("c"));
}

TEST_F(peers, that_answer_with_another_nodes_certificate_are_not_trusted) {
  const linked_node a("a", folder.of("x"), registered);
  const auto b = node("b");
  registered.add("a", "127.0.0.1:" + std::to_string(a.links->port()));
  EXPECT_TRUE(eventually([&] { return b->was_told(peer_event::failed, "shows the certificate of node x"); }))
      << b->all_events();
  EXPECT_FALSE(b->linked_to("a"));
}

TEST_F(peers, that_are_not_registered_are_refused) {
  roll of_a;
  const linked_node a("a", folder.of("a"), of_a);
  const auto b = node("b");
  registered.add("a", "127.0.0.1:" + std::to_string(a.links->port()));
  EXPECT_TRUE(eventually([&] { return a.was_told(peer_event::refused, "no node b is registered"); })) << a.all_events();
  EXPECT_FALSE(a.knows("b"));
  of_a.add("b", "");
  EXPECT_TRUE(eventually([&] { return a.linked_to("b") && b->linked_to("a"); })) << b->all_events();
}

TEST_F(peers, whose_name_comes_first_do_not_dial) {
  const auto b = node("b");
  registered.add("a", "127.0.0.1:1");
  const auto a = node("a");
  net::cluster::peer_doors doors(a->system, {"cluster-1", "a", "session"}, {}, {});
  std::mutex mutex;
  std::string why;
  const auto dials =
      net::cluster::peer_dials::open(a->system, doors, {"cluster-1", "a", "session"}, folder.of("a"), in_a_hurry(),
                                     {[](auto&, auto&) { ADD_FAILURE(); }, [](auto&) {},
                                      [&](auto&, auto& said) {
                                        const std::lock_guard lock(mutex);
                                        why = said;
                                      }});
  ASSERT_TRUE(dials) << dials.error();
  (*dials)->set_targets({{"b", "127.0.0.1:" + std::to_string(b->links->port())}});
  EXPECT_TRUE(eventually([&] { return b->was_told(peer_event::refused, "node a does not dial this one"); }))
      << b->all_events();
  (*dials)->stop();
}

TEST_F(peers, that_are_wished_for_no_more_are_not_dialled_again) {
  const auto a = node("a");
  net::cluster::peer_doors doors(a->system, {"cluster-1", "c", "session"}, {}, {});
  std::promise<void> blocked;
  std::promise<void> go_on;
  std::atomic<int> failures = 0;
  const auto dials =
      net::cluster::peer_dials::open(a->system, doors, {"cluster-1", "c", "session"}, folder.of("c"), in_a_hurry(),
                                     {[](auto&, auto&) {}, [](auto&) {},
                                      [&](const std::string& node, const std::string&) {
                                        ++failures;
                                        if (node != "b") return;
                                        blocked.set_value();
                                        go_on.get_future().wait();
                                      }});
  ASSERT_TRUE(dials) << dials.error();
  (*dials)->set_targets({{"a", ""}, {"b", ""}});
  blocked.get_future().wait();
  // By now both are to be tried again; but first nobody is wished for.
  (*dials)->set_targets({});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  go_on.set_value();
  (*dials)->stop();
  EXPECT_EQ(failures, 2);
}

TEST_F(peers, stop_while_a_sweep_is_due) {
  const auto a = node("a");
  net::cluster::peer_doors doors(a->system, {"cluster-1", "c", "session"}, {}, {});
  std::promise<void> blocked;
  const auto dials =
      net::cluster::peer_dials::open(a->system, doors, {"cluster-1", "c", "session"}, folder.of("c"), in_a_hurry(),
                                     {[](auto&, auto&) {}, [](auto&) {},
                                      [&](auto&, auto&) {
                                        blocked.set_value();
                                        std::this_thread::sleep_for(std::chrono::milliseconds(300));
                                      }});
  ASSERT_TRUE(dials) << dials.error();
  (*dials)->set_targets({{"b", ""}});
  blocked.get_future().wait();
  (*dials)->stop();
}

TEST_F(peers, that_fall_silent_lose_their_doors) {
  const auto a = node("a");
  const auto b = node("b");
  relay between(a->links->port());
  registered.add("a", between.address());
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b")) << b->all_events();
  between.silence();
  EXPECT_TRUE(eventually([&] { return !a->linked_to("b") && !b->linked_to("a"); }));
  EXPECT_TRUE(b->knows("a"));
}

TEST_F(peers, are_linked_anew_when_a_link_was_cut) {
  const auto a = node("a");
  const auto b = node("b");
  relay between(a->links->port());
  registered.add("a", between.address());
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b")) << b->all_events();
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = descriptors();
  for (std::size_t i = 1; i <= 50; ++i) {
    const auto door = b->links->current()->number;
    between.cut();
    ASSERT_TRUE(eventually([&] { return between.connections() > i && b->links->current()->number >= door + 2; })) << i;
    ASSERT_TRUE(link_up(*a, "a", *b, "b")) << i << '\n' << b->all_events();
  }
  EXPECT_EQ(b->take_from("a", "still"), "a took still");
  EXPECT_EQ(a->take_from("b", "still"), "b took still");
  EXPECT_TRUE(eventually([&] { return descriptors() <= before; })) << descriptors() << " > " << before;
}

TEST_F(peers, find_a_node_that_was_started_anew) {
  auto a = node("a");
  const auto b = node("b");
  const auto port = a->links->port();
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  a.reset();
  ASSERT_TRUE(eventually([&] { return !b->linked_to("a"); }));
  a = std::make_unique<linked_node>("a", folder.of("a"), registered, "cluster-1", port);
  ASSERT_TRUE(link_up(*a, "a", *b, "b")) << b->all_events();
  EXPECT_EQ(b->take_from("a", "new"), "a took new");
  EXPECT_EQ(a->take_from("b", "new"), "b took new");
}

TEST_F(peers, find_a_dialling_node_that_was_started_anew) {
  const auto a = node("a");
  auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  b.reset();
  ASSERT_TRUE(eventually([&] { return !a->linked_to("b"); }));
  b = node("b");
  ASSERT_TRUE(link_up(*a, "a", *b, "b")) << b->all_events();
  EXPECT_EQ(a->take_from("b", "new"), "b took new");
}

TEST_F(peers, that_leave_are_forgotten) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  registered.remove("b");
  EXPECT_TRUE(eventually([&] { return !a->knows("b"); }));
  EXPECT_TRUE(eventually([&] { return !b->linked_to("a"); }));
}

TEST_F(peers, have_no_doors_once_they_are_stopped) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  b->links->stop();
  EXPECT_FALSE(b->linked_to("a"));
  EXPECT_TRUE(eventually([&] { return !a->linked_to("b"); }));
}

TEST_F(peers, stop_when_what_they_sent_has_arrived) {
  const auto a = node("a");
  const auto b = node("b");
  a->enter();
  b->enter();
  ASSERT_TRUE(link_up(*a, "a", *b, "b"));
  std::vector<std::string> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::string(10'000, 'x') + std::to_string(i));
    caf::anon_send(a->door_of("b"), actors::hand_atom::value, all.back());
  }
  a->links->stop();
  EXPECT_EQ(b->handed(), all);
}

TEST_F(peers, stop_beside_one_that_is_silent) {
  const auto a = node("a");
  auto b = node("b");
  relay between(a->links->port());
  between.silence();
  registered.add("a", between.address());
  ASSERT_TRUE(eventually([&] { return between.connections() > 0; }));
  b.reset();
}

TEST_F(peers, say_why_a_port_cannot_be_listened_on) {
  const auto a = node("a");
  net::cluster::peers second({.self = {"cluster-1", "b", "session"}, .port = a->links->port()});
  const auto started = second.start(a->system, folder.of("b"), registered.source(), {});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find("it is in use; choose another clusterport"), std::string::npos) << started.error();
}

}  // namespace
}  // namespace authnz::tests
