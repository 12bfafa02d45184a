#include "api/server/listener.h"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using namespace std::chrono_literals;

TEST(Listener, WaitsAtTheConnectionBoundUntilOneCloses) {
  TestServer server([](ServerOptions& options) {
    options.limits.connections = 2;
    options.limits.accept_pause = 1h;  // so that only a closed connection can end the pause
  });
  Client first(server.address());
  Client second(server.address());
  EXPECT_EQ(first.ask("GET", "/livez").status, 200);
  EXPECT_EQ(second.ask("GET", "/livez").status, 200);
  Client third(server.address());  // into the backlog
  third.send(Client::request("GET", "/version"));
  EXPECT_EQ(first.ask("GET", "/livez").status, 200);
  EXPECT_EQ(server.run([&] { return server.service().counted.size(); }), 3U);
  first.close();
  EXPECT_EQ(third.read_reply().status, 200);
}

TEST(Listener, PausesWhileDescriptorsAreShortAndSaysSoOnce) {
  TestServer server([](ServerOptions& options) { options.limits.accept_pause = 5ms; });
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int highest = dup(0);  // the lowest free number
  ASSERT_GE(highest, 0);
  close(highest);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(highest) + 1;  // room for the client's own descriptor, none for the server's
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  Client client(server.address());
  const bool warned = server.eventually([&] { return !server.warnings_on_loop().empty(); });
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(warned);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);
  EXPECT_EQ(server.warnings().size(), 1U);
}

TEST(Listener, ServesOnlyItsOwner) {
  TestServer server([](ServerOptions& options) { options.owner = geteuid() + 1; });
  Client client(server.address());
  const Reply refused = client.ask("GET", "/jails");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.fields.at("content-type"), "application/problem+json");
  EXPECT_EQ(refused.json()["type"], "urn:jaild:problem:forbidden");
  EXPECT_NE(refused.body.find("uid " + std::to_string(geteuid())), std::string::npos);
  EXPECT_EQ(client.ask("POST", "/jails", R"({"name":"www1","spec":{"params":{"path":"/jail","persist":true}}})").status,
            403);
  EXPECT_EQ(server.run([&] { return server.service().writes.size(); }), 0U);
  EXPECT_EQ(client.ask("GET", "/livez").status, 200);  // needs no identity
  EXPECT_EQ(client.ask("GET", "/version").status, 200);
}

}  // namespace jaild::server
