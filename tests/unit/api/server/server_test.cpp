#include "api/server/server.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using namespace std::chrono_literals;

TEST(Server, StoppingEndsIdleConnectionsAndStreamsAtOnce) {
  TestServer server;
  const std::string path = std::get<UnixAddress>(server.address()).path;
  Client idle(server.address());
  EXPECT_EQ(idle.ask("GET", "/livez").status, 200);
  Client stream(server.address());
  stream.send(Client::request("GET", "/events"));
  ASSERT_TRUE(server.eventually([&] { return server.service().subscribers() == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_EQ(server.stop().wait_for(10s), std::future_status::ready);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s) << "nobody was worth waiting for";
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_TRUE(stream.closed_by_server());
  EXPECT_NE(access(path.c_str(), F_OK), 0) << "the socket file is gone";
}

TEST(Server, StoppingLetsAnAnswerUnderWayFinish) {
  TestServer server;
  server.run([&] {
    server.service().declare("www1");
    server.service().hold = true;
  });
  Client client(server.address());
  client.send(Client::request("POST", "/jails/www1/stop"));
  ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 1; }));
  auto stopped = server.stop();
  server.run([&] { server.service().answer_held(); });
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.fields.at("connection"), "close");
  client.close();
  EXPECT_EQ(stopped.wait_for(10s), std::future_status::ready);
}

TEST(Server, StoppingCutsWhatDoesNotFinish) {
  TestServer server([](ServerOptions& options) { options.limits.stop_time = 20ms; });
  server.run([&] {
    server.service().declare("www1");
    server.service().hold = true;
  });
  Client waiting(server.address());
  waiting.send(Client::request("POST", "/jails/www1/stop?wait=600"));
  Client sending(server.address());
  sending.send("POST /jails HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  ASSERT_TRUE(server.eventually([&] { return server.service().held.size() == 1; }));
  ASSERT_EQ(server.stop().wait_for(10s), std::future_status::ready);
  EXPECT_TRUE(waiting.closed_by_server());
  EXPECT_TRUE(sending.closed_by_server());
  server.run([&] { server.service().answer_held(); });  // into nothing
}

TEST(Server, MayGoWithItsLoopWhileConnectionsAreOpen) {
  const Address address = UnixAddress{socket_path()};
  FakeService service;
  service.hold = true;
  service.declare("www1");
  {
    boost::asio::io_context loop;
    Server server(loop, service, [] {
      ServerOptions options;
      options.access.admin.users = {geteuid()};
      return options;
    }());
    ASSERT_TRUE(server.listen(address, Surface::full));
    Client waiting(address);
    waiting.send(Client::request("POST", "/jails/www1/stop?wait=600"));
    Client idle(address);
    while (service.held.empty() && loop.run_one_for(10s) > 0) {
    }
    EXPECT_EQ(service.held.size(), 1U);
  }
  EXPECT_EQ(service.subscribers(), 0U);
}

}  // namespace jaild::server
