#include "client/endpoint.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

TEST(Endpoint, FlagsComeBeforeTheEnvironmentAndTheSocketBeforeTheUrl) {
  const Environment both{{"JAILD_SOCKET", "/env.sock"}, {"JAILD_URL", "http://127.0.0.1:1"}};
  EXPECT_EQ(find_endpoint({"/flag.sock", ""}, both)->text(), "/flag.sock");
  EXPECT_EQ(find_endpoint({"", "http://localhost:8080/"}, both)->text(), "http://localhost:8080");
  EXPECT_EQ(find_endpoint({}, both)->text(), "/env.sock");
  EXPECT_EQ(find_endpoint({}, {{"JAILD_URL", "http://127.0.0.1:1"}})->text(), "http://127.0.0.1:1");
  EXPECT_EQ(find_endpoint({}, {})->text(), default_socket());
  EXPECT_EQ(find_endpoint({"/a", "http://b"}, {}).error().kind, Kind::invalid);
}

TEST(Endpoint, ReadsHostAndPortOfAUrl) {
  const Result<Endpoint> v6 = find_endpoint({"", "http://[::1]:8080"}, {});
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, "8080");
  EXPECT_EQ(v6->host_header(), "[::1]:8080");
  EXPECT_EQ(find_endpoint({"", "http://localhost"}, {})->port, "80");
}

TEST(Endpoint, RefusesWhatIsNoUrlOfJaild) {
  for (const char* url :
       {"https://127.0.0.1", "127.0.0.1:80", "http://", "http://h:0", "http://h:65536", "http://h:x", "http://h/p",
        "http://u@h", "http://[::1", "http://[::1]x", "http://a b", "http://h:\r\n80"}) {
    const Result<Endpoint> endpoint = find_endpoint({"", url}, {});
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().kind, Kind::invalid) << url;
  }
}

class TokenFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::path(testing::TempDir()) / ("jailctl-token-" + std::to_string(::getpid()))).string();
  }
  void TearDown() override { std::filesystem::remove(path_); }
  Result<Endpoint> with(const std::string& content, mode_t mode, const std::string& url = "http://127.0.0.1:80") {
    std::ofstream(path_) << content;
    ::chmod(path_.c_str(), mode);
    return find_endpoint({"", url}, {{"JAILD_TOKEN_FILE", path_}});
  }
  std::string path_;
};

TEST_F(TokenFile, GivesTheTokenOfItsOnlyLine) {
  EXPECT_EQ(with("jd_secret\n", 0600)->token, "jd_secret");
  EXPECT_EQ(with("jd_secret", 0400)->token, "jd_secret");
}

TEST_F(TokenFile, IsNotUsedWhenOthersMayReadIt) {
  for (const mode_t mode : {0640, 0604, 0660}) EXPECT_EQ(with("t", mode).error().kind, Kind::forbidden);
}

TEST_F(TokenFile, WithoutATokenIsRefused) {
  for (const char* content : {"", "\n", "two lines\nhere",
                              "with\x1b"
                              "escape",
                              "a\r\nX-Evil: 1"}) {
    EXPECT_EQ(with(content, 0600).error().kind, Kind::unauthorized);
  }
  EXPECT_EQ(with(std::string(5000, 'x'), 0600).error().kind, Kind::unauthorized);
  EXPECT_EQ(find_endpoint({"", "http://127.0.0.1"}, {{"JAILD_TOKEN_FILE", "/nonexistent"}}).error().kind,
            Kind::unauthorized);
  EXPECT_EQ(find_endpoint({"", "http://127.0.0.1"}, {{"JAILD_TOKEN_FILE", "/tmp"}}).error().kind, Kind::unauthorized);
}

TEST_F(TokenFile, NeverLeavesTheMachineNorGoesToTheSocket) {
  EXPECT_EQ(with("t", 0600, "http://192.0.2.1:80").error().kind, Kind::forbidden);
  EXPECT_EQ(find_endpoint({"/s", ""}, {{"JAILD_TOKEN_FILE", path_}})->token, "");
}

}  // namespace
}  // namespace jaild::client
