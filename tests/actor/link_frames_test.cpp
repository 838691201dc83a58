#include "net/link_frames.hpp"

#include <gtest/gtest.h>

#include <caf/all.hpp>
#include <random>
#include <string>

namespace authnz::net {
namespace {

enum operation : char { server_handshake, client_handshake, direct, routed, monitor, down, heartbeat };

std::string header(char what, std::uint32_t length) {
  std::string out(32, '\0');
  out[0] = what;
  for (int i = 0; i < 4; ++i) out[7 - i] = static_cast<char>(length >> (8 * i));
  return out;
}

std::string frame(char what, const std::string& payload) {
  return header(what, static_cast<std::uint32_t>(payload.size())) + payload;
}

constexpr std::uint64_t door = 0x0102030405060708;
constexpr std::uint64_t response = 0x8000000000000000;
constexpr char named = 1;

void put(std::string& in, std::size_t at, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i) in[at + 7 - i] = static_cast<char>(number >> (8 * i));
}

std::string message_to(std::uint64_t whom, const std::string& types, const std::string& parts = {},
                       std::uint64_t number = 1, char flags = 0) {
  auto made = frame(direct, std::string(3, '\0') + static_cast<char>(types.size()) + types + parts);
  made[3] = flags;
  put(made, 8, number);
  put(made, 24, whom);
  return made;
}
std::string message(const std::string& types, const std::string& parts = {}) { return message_to(door, types, parts); }
std::string answer(const std::string& types, const std::string& parts = {}) {
  return message_to(77, types, parts, response | 1);
}

bool passes(const std::string& bytes, link_bounds bounds = {.door = door}) { return link_frames(bounds).take(bytes); }

/// As it comes in parts of this size.
bool passes_in_parts(const std::string& bytes, std::size_t part) {
  link_frames frames({.door = door});
  for (std::size_t at = 0; at < bytes.size(); at += part)
    if (!frames.take(std::string_view(bytes).substr(at, part))) return false;
  return true;
}

TEST(link_frames, let_pass_what_nodes_and_tools_say) {
  EXPECT_TRUE(passes(frame(server_handshake, std::string(246, 'x'))));
  EXPECT_TRUE(passes(frame(client_handshake, std::string(32, 'x'))));
  EXPECT_TRUE(passes(frame(monitor, std::string(64, 'x'))));
  EXPECT_TRUE(passes(frame(down, std::string(50, 'x'))));
  EXPECT_TRUE(passes(frame(heartbeat, {})));
  EXPECT_TRUE(passes(message("@<>+@atom+@str", "take, and what")));
  EXPECT_TRUE(passes(message("@<>+@atom+@u16+@str+@str+@str+@actor", std::string(200, 'x'))));
  EXPECT_TRUE(passes(answer("@<>+@str", std::string(1'000'000, 'x'))));
  EXPECT_TRUE(passes(answer("@<>+@error", "why")));
  EXPECT_TRUE(passes(answer("@<>")));
}

// CAF would read from nowhere.
TEST(link_frames, let_nothing_pass_that_names_no_node) {
  for (const char what : {server_handshake, client_handshake, monitor, down}) {
    EXPECT_FALSE(passes(frame(what, {}))) << int{what};
    EXPECT_FALSE(passes(frame(what, std::string(31, 'x')))) << int{what};
  }
}

TEST(link_frames, let_no_message_pass_that_ends_actors) {
  EXPECT_FALSE(passes(message("@<>+@exit", "kill")));
  EXPECT_FALSE(passes(answer("@<>+@exit", "kill")));
  EXPECT_FALSE(passes(message("@<>+@down", "kill")));
  EXPECT_FALSE(passes(message("@<>+@str+@exit", "kill")));
  EXPECT_FALSE(passes(message("@<>+@message", "kill")));
}

TEST(link_frames, let_questions_pass_to_the_published_actor_alone) {
  EXPECT_FALSE(passes(message_to(door + 1, "@<>+@atom+@str", "hand")));
  EXPECT_FALSE(passes(message("@<>+@error", "why")));
  EXPECT_TRUE(passes(answer("@<>+@str", "text"), {}));
  EXPECT_FALSE(passes(message("@<>+@atom+@str", "take"), {}));
  EXPECT_FALSE(passes(message_to(0, "@<>+@atom+@str", "take"), {}));
}

TEST(link_frames, let_caf_ask_what_serves_there) {
  constexpr auto spawn_server = static_cast<std::uint64_t>(caf::atom("SpawnServ"));
  constexpr auto config_server = static_cast<std::uint64_t>(caf::atom("ConfigServ"));
  const std::string question = "@<>+@atom+@atom+@str";
  EXPECT_TRUE(passes(message_to(spawn_server, question, "info", 0, named)));
  EXPECT_TRUE(passes(message_to(30, "@<>+@atom+@str+@strong_actor_ptr+@str", "it", 0)));
  EXPECT_FALSE(passes(message_to(config_server, question, "get", 0, named)));
  EXPECT_FALSE(passes(message_to(spawn_server, "@<>+@atom+@str", "spawn", 0, named)));
  EXPECT_FALSE(passes(message_to(door, "@<>+@atom+@str", "take", 0, named)));
}

TEST(link_frames, let_nothing_pass_that_is_for_others_or_came_from_others) {
  EXPECT_FALSE(passes(frame(routed, std::string(100, 'x'))));
  auto by_stages = message("@<>+@str", "text");
  by_stages[32] = 1;
  EXPECT_FALSE(passes(by_stages));
}

TEST(link_frames, let_no_type_pass_by_number_or_without_a_name) {
  auto by_number = message("@<>+@str", "text");
  by_number[34] = 7;
  EXPECT_FALSE(passes(by_number));
  EXPECT_FALSE(passes(message("", "text")));
  EXPECT_FALSE(passes(message("@<>+", "text")));
  EXPECT_FALSE(passes(message("@<>@str", "text")));
  EXPECT_FALSE(passes(frame(direct, std::string(3, '\0') + "\x7f@<>+@str")));
  EXPECT_FALSE(passes(frame(direct, std::string(3, '\0') + "\x88@<>+@str" + std::string(200, 'x'))));
  EXPECT_FALSE(passes(frame(direct, {})));
}

TEST(link_frames, let_nothing_pass_that_announces_too_much) {
  EXPECT_TRUE(passes(header(direct, link_bounds().longest_message)));
  EXPECT_FALSE(passes(header(direct, link_bounds().longest_message + 1)));
  EXPECT_FALSE(passes(header(direct, UINT32_MAX)));
  EXPECT_TRUE(passes(header(direct, UINT32_MAX), {.longest_message = UINT32_MAX}));
  EXPECT_FALSE(passes(header(server_handshake, 1 << 20)));
  EXPECT_FALSE(passes(header(heartbeat, 1)));
  EXPECT_FALSE(passes(answer("@<>+@error", std::string(1 << 20, 'x'))));
  EXPECT_FALSE(passes(header(7, 0)));
}

TEST(link_frames, judge_the_same_however_bytes_come) {
  const auto good = message("@<>+@atom+@str", std::string(500, 'x')) + frame(heartbeat, {}) + message("@<>+@str", "y") +
                    frame(client_handshake, std::string(32, 'x'));
  for (std::size_t part = 1; part < 300; ++part) {
    EXPECT_TRUE(passes_in_parts(good, part)) << part;
    EXPECT_FALSE(passes_in_parts(good + message("@<>+@exit", "kill"), part)) << part;
    EXPECT_FALSE(passes_in_parts(good + header(direct, UINT32_MAX), part)) << part;
  }
}

TEST(link_frames, look_at_whatever_comes) {
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  const auto good = message("@<>+@atom+@str", std::string(40, 'x')) + frame(heartbeat, {});
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good + good;
    for (auto n = random() % 4; n > 0; --n) bad[random() % bad.size()] = static_cast<char>(random());
    passes_in_parts(bad, 1 + random() % 80);
  }
}

}  // namespace
}  // namespace authnz::net
