#include "api/server/listen_option.h"

#include <gtest/gtest.h>

namespace jaild::server {

using namespace std::chrono_literals;

TEST(ListenOption, TakesAnAddressWithBoundsOfItsOwn) {
  const auto plain = parse_listen("unix:/run/jaild.sock");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->limits.connections, Limits{}.connections);
  EXPECT_EQ(parse_listen("127.0.0.1:80")->limits.connections, 256U);
  const auto full = parse_listen(
      "[::1]:8080,connections=7,streams=0,header_bytes=2048,header_fields=20,body_bytes=65536,header_seconds=1,"
      "body_seconds=2,idle_seconds=3,write_seconds=4,answer_seconds=5");
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(to_string(full->address), "[::1]:8080");
  EXPECT_EQ(full->limits.connections, 7U);
  EXPECT_EQ(full->limits.streams, 0U);
  EXPECT_EQ(full->limits.header_bytes, 2048U);
  EXPECT_EQ(full->limits.header_fields, 20U);
  EXPECT_EQ(full->limits.body_bytes, 65536U);
  EXPECT_EQ(full->limits.header_time, 1s);
  EXPECT_EQ(full->limits.body_time, 2s);
  EXPECT_EQ(full->limits.idle_time, 3s);
  EXPECT_EQ(full->limits.write_time, 4s);
  EXPECT_EQ(full->limits.answer_time, 5s);
}

TEST(ListenOption, RefusesWhatItDoesNotKnow) {
  for (const char* wrong :
       {"", ",", "127.0.0.1:80,", "127.0.0.1:80,connections", "127.0.0.1:80,connections=", "127.0.0.1:80,connections=0",
        "127.0.0.1:80,connections=x", "127.0.0.1:80,connections=1 ", "127.0.0.1:80,connections=-1",
        "127.0.0.1:80,connections=99999999999999999999", "127.0.0.1:80,speed=1", "127.0.0.1:80,,streams=1",
        "0.0.0.0:80", "0.0.0.0:80,streams=1", "192.0.2.1:80", "[::]:80"}) {
    const auto refused = parse_listen(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().kind, Kind::invalid) << wrong;
  }
  EXPECT_NE(parse_listen("192.0.2.1:80").error().message.find("ssh -L"), std::string::npos);
  EXPECT_NE(parse_listen("127.0.0.1:80,speed=1").error().message.find("header_seconds"), std::string::npos);
}

}  // namespace jaild::server
