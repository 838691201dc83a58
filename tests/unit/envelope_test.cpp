#include "proto/envelope.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <vector>

#include "proto/base64.hpp"
#include "tests/unit/run.hpp"

namespace authnz::proto {
namespace {

constexpr auto vector_key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
constexpr auto other_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr std::int64_t vector_now = 499'162'800;  // 1985-10-26T01:20:00-07:00
constexpr std::int64_t ttl = 60;

keyring_ptr ring(std::string_view text) { return keyring::parse(text).value(); }

std::string sealed(envelope& e, std::string_view text, const key_ptr& key, std::int64_t now = vector_now) {
  std::string out;
  EXPECT_TRUE(e.seal(text, key, now, out));
  return out;
}

// A token's bytes, freed from both layers.
std::string decoded(std::string_view body) {
  std::string token;
  std::string bytes;
  EXPECT_TRUE(decode_base64_skipping(body, token) && decode_base64_url(token, base64_padding::required, bytes));
  return bytes;
}

std::string body_of(std::string_view token_bytes) { return base64(base64_url(token_bytes, base64_padding::required)); }

open_fault fault_of(envelope& e, std::string_view body) {
  const auto result = e.open(body);
  EXPECT_FALSE(result);
  return result ? open_fault::crypto_error : result.error();
}

// What the published vectors (fernet/spec, verify and invalid) come to.
std::string judge(std::string_view token, std::int64_t now) {
  envelope e{ring(vector_key)};
  const auto result = e.open(base64(token));
  if (result) return is_fresh(result->stamp, now, ttl) ? std::string{result->payload} : "not fresh";
  switch (result.error()) {
    case open_fault::bad_base64: return "bad base64";
    case open_fault::malformed: return "malformed";
    case open_fault::wrong_key: return "wrong key";
    case open_fault::bad_padding: return "bad padding";
    case open_fault::crypto_error: break;
  }
  return "crypto error";
}

constexpr auto valid_token =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

TEST(fernet_vectors, verify) { EXPECT_EQ(judge(valid_token, vector_now + 1), "hello"); }

TEST(fernet_vectors, incorrect_mac) {
  EXPECT_EQ(judge("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTu"
                  "Gb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
                  vector_now + 1),
            "wrong key");
}

TEST(fernet_vectors, too_short) {
  EXPECT_EQ(judge("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==", vector_now + 1), "malformed");
}

TEST(fernet_vectors, invalid_base64) {
  EXPECT_EQ(judge("%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVz"
                  "XTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
                  vector_now + 1),
            "bad base64");
}

TEST(fernet_vectors, payload_size_not_multiple_of_block_size) {
  EXPECT_EQ(judge("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGi"
                  "b28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
                  vector_now + 1),
            "malformed");
}

TEST(fernet_vectors, payload_padding_error) {
  EXPECT_EQ(judge("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ"
                  "3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
                  vector_now + 1),
            "bad padding");
}

TEST(fernet_vectors, far_future_timestamp) {
  EXPECT_EQ(judge("gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y"
                  "6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
                  vector_now + 1),
            "not fresh");
}

TEST(fernet_vectors, expired_ttl) {
  EXPECT_EQ(judge("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTu"
                  "Gb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
                  vector_now + 91),
            "not fresh");
}

TEST(fernet_vectors, incorrect_iv) {
  EXPECT_EQ(judge("gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBR"
                  "LRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
                  vector_now + 1),
            "bad padding");
}

TEST(is_fresh, takes_a_token_of_the_greatest_age) {
  EXPECT_TRUE(is_fresh(1000, 1060, 60));
  EXPECT_FALSE(is_fresh(1000, 1061, 60));
}

TEST(is_fresh, takes_a_stamp_60_s_ahead) {
  EXPECT_TRUE(is_fresh(1060, 1000, 10));
  EXPECT_FALSE(is_fresh(1061, 1000, 3600));
}

TEST(is_fresh, is_switched_off_by_0) {
  EXPECT_TRUE(is_fresh(0, vector_now, 0));
  EXPECT_TRUE(is_fresh(INT64_MAX, vector_now, 0));
  EXPECT_FALSE(is_fresh(INT64_MAX, vector_now, 60));
}

TEST(envelope, opens_what_it_sealed) {
  const auto keys = ring(vector_key);
  envelope e{keys};
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string text(size, 'x');
    const auto result = e.open(sealed(e, text, keys->keys()[0], vector_now + static_cast<std::int64_t>(size)));
    ASSERT_TRUE(result) << size;
    EXPECT_EQ(result->payload, text);
    EXPECT_EQ(result->stamp, vector_now + static_cast<std::int64_t>(size));
  }
}

TEST(envelope, keeps_every_byte_of_a_large_text) {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text.push_back(static_cast<char>(i % 251));
  const auto keys = ring(vector_key);
  envelope e{keys};
  const auto result = e.open(sealed(e, text, keys->keys()[0]));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->payload == text);
}

TEST(envelope, opens_with_any_of_its_keys_and_says_which) {
  const auto keys = ring(std::string{vector_key} + "," + other_key);
  envelope e{keys};
  for (const auto& key : keys->keys()) {
    const auto result = e.open(sealed(e, "text", key));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->key, key);
  }
}

TEST(envelope, refuses_a_key_that_it_does_not_have) {
  const auto keys = ring(other_key);
  envelope other{keys};
  envelope e{ring(vector_key)};
  EXPECT_EQ(fault_of(e, sealed(other, "text", keys->keys()[0])), open_fault::wrong_key);
}

TEST(envelope, seals_with_a_key_that_was_retired) {
  const auto keys = ring(vector_key);
  envelope e{keys};
  e.use(ring(other_key));
  const auto body = sealed(e, "text", keys->keys()[0]);
  EXPECT_EQ(fault_of(e, body), open_fault::wrong_key);
  envelope frontend{keys};
  const auto result = frontend.open(body);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->payload, "text");
}

TEST(envelope, uses_its_new_keys) {
  const auto keys = ring(other_key);
  envelope e{ring(vector_key)};
  e.use(keys);
  EXPECT_TRUE(e.open(sealed(e, "text", keys->keys()[0])));
}

TEST(envelope, seals_one_text_differently_each_time) {
  const auto keys = ring(vector_key);
  envelope e{keys};
  std::set<std::string> vectors;
  for (int i = 0; i < 1000; ++i) vectors.insert(decoded(sealed(e, "text", keys->keys()[0])).substr(9, 16));
  EXPECT_EQ(vectors.size(), 1000U);
}

TEST(envelope, notices_any_changed_byte) {
  const auto keys = ring(vector_key);
  envelope e{keys};
  const std::string bytes = decoded(sealed(e, "some text", keys->keys()[0]));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(fault_of(e, body_of(changed)), i == 0 ? open_fault::malformed : open_fault::wrong_key) << i;
  }
}

TEST(envelope, works_on_after_a_fault) {
  const auto keys = ring(vector_key);
  envelope e{keys};
  const std::string body = sealed(e, "text", keys->keys()[0]);
  EXPECT_EQ(fault_of(e, "AAAA"), open_fault::bad_base64);
  EXPECT_EQ(fault_of(e, ""), open_fault::malformed);
  EXPECT_TRUE(e.open(body));
}

TEST(envelope, reads_the_inner_base64_strictly) {
  envelope e{ring(vector_key)};
  const std::string token = valid_token;
  ASSERT_TRUE(e.open(base64(token)));
  std::string with_blank = token;
  with_blank.insert(20, " ");
  std::string other_bits = token;
  other_bits[token.size() - 3] = 'B';
  for (const auto& wrong : {with_blank, other_bits, token + "\n", token + "=", token.substr(0, token.size() - 2)})
    EXPECT_EQ(fault_of(e, base64(wrong)), open_fault::bad_base64) << wrong;
}

TEST(envelope, knows_a_token_in_another_spelling) {
  const auto keys = ring(vector_key);
  envelope e{keys};
  const std::string body = sealed(e, "text", keys->keys()[0]);
  const auto first = e.open(body);
  ASSERT_TRUE(first);
  std::string spaced;
  for (const char c : body) (spaced += c) += " \n";
  const auto again = e.open(spaced);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->mac, first->mac);
}

std::string hex_lines(const std::vector<std::string>& texts) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto& text : texts) {
    for (const char c : text) (out += digits[static_cast<unsigned char>(c) >> 4]) += digits[c & 15];
    out += '\n';
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string run_peer(const std::string& action, std::string_view input) {
  return tests::run(std::string{AUTHNZ_PYTHON " " AUTHNZ_SOURCE_DIR "/tests/unit/fernet_peer.py "} + action + " " +
                        vector_key + " " + std::to_string(vector_now),
                    input);
}

const std::vector<std::string>& exchanged_texts() {
  static const std::vector<std::string> texts{"x", R"({"reqid":1})", std::string("\0\xFF\x80", 3), std::string(16, 'b'),
                                              std::string(5000, 'c')};
  return texts;
}

TEST(envelope, opens_what_another_implementation_sealed) {
  envelope e{ring(vector_key)};
  const auto bodies = lines_of(run_peer("seal", hex_lines(exchanged_texts())));
  ASSERT_EQ(bodies.size(), exchanged_texts().size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const auto result = e.open(bodies[i]);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->payload, exchanged_texts()[i]);
    EXPECT_EQ(result->stamp, vector_now);
  }
}

TEST(envelope, seals_what_another_implementation_opens) {
  const auto keys = ring(vector_key);
  envelope e{keys};
  std::string bodies;
  for (const auto& text : exchanged_texts()) bodies += sealed(e, text, keys->keys()[0]) + "\n";
  EXPECT_EQ(run_peer("open", bodies), hex_lines(exchanged_texts()));
}

}  // namespace
}  // namespace authnz::proto
