// Host, Origin, Sec-Fetch-Site: what keeps web pages out over TCP, with the bytes that they would send.
#include <gtest/gtest.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

namespace {

constexpr const char* authorized = "Authorization: Bearer s\r\n";

void let_in(TestServer& server) {
  server.run(
      [&] { server.service().tokens_by_secret["s"] = {"0123456789ab", "ci", Role::admin, {}, "uid 0", {}, {}}; });
}

int status_with(Client& client, const std::string& fields) {
  return client.ask("GET", "/jails", "", authorized + fields).status;
}

}  // namespace

TEST(Browser, TcpTakesOnlyItsOwnHosts) {
  TestServer server([](ServerOptions& options) { options.hosts = {"jails.example.org"}; }, Surface::full, Way::tcp);
  let_in(server);
  Client client(server.address());
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:9100",
                           "jails.example.org", "Jails.Example.Org:443"}) {
    EXPECT_EQ(status_with(client, "Host: " + std::string(host) + "\r\n"), 200) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "[::2]",
                           "localhost@evil.example", "localhost:80@evil.example", "localhost:80@", "[::1]:80:80",
                           "localhost:80:80", "evil.example:localhost", "", "[::1", "localhost, evil.example"}) {
    const Reply reply = client.ask("GET", "/jails", "", authorized + ("Host: " + std::string(host) + "\r\n"));
    EXPECT_EQ(reply.status, 421) << host;
    EXPECT_EQ(reply.json()["type"], "urn:jaild:problem:misdirected") << host;
  }
}

TEST(Browser, AnAbsoluteTargetNamesAHostToo) {
  TestServer server({}, Surface::full, Way::tcp);
  let_in(server);
  Client client(server.address());
  EXPECT_EQ(client.ask("GET", "http://localhost:80/jails", "", authorized).status, 200);
  EXPECT_EQ(client.ask("GET", "HTTP://LocalHost:80/jails", "", authorized).status, 200);
  EXPECT_EQ(client.ask("GET", "http://evil.example/jails", "", authorized).status, 421);
  EXPECT_EQ(client.ask("GET", "hTTp://evil.example/jails", "", authorized).status, 421);
  EXPECT_EQ(client.ask("GET", "http://localhost:80@evil.example/jails", "", authorized).status, 421);
  EXPECT_EQ(client.ask("GET", "http://localhost@evil.example/jails", "", authorized).status, 421);
}

TEST(Browser, TcpRefusesWebPagesEvenWithAToken) {
  TestServer server({}, Surface::full, Way::tcp);
  let_in(server);
  Client client(server.address());
  EXPECT_EQ(status_with(client, "Origin: http://localhost\r\n"), 403);
  EXPECT_EQ(status_with(client, "Origin: null\r\n"), 403);
  EXPECT_EQ(status_with(client, "Sec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(status_with(client, "Sec-Fetch-Site: same-site\r\n"), 403);
  EXPECT_EQ(status_with(client, "sec-fetch-site: CROSS-SITE\r\n"), 403);
  EXPECT_EQ(status_with(client, "Sec-Fetch-Site: none\r\n"), 200);  // typed into the address bar
  EXPECT_EQ(status_with(client, "Sec-Fetch-Site: same-origin\r\n"), 200);
  // What a page can send without asking first: a form or a fetch of text/plain.
  const Reply form = client.ask("POST", "/jails", R"({"name":"x"})",
                                std::string(authorized) + "Content-Type: text/plain\r\nSec-Fetch-Site: cross-site\r\n");
  EXPECT_EQ(form.status, 403);
  EXPECT_TRUE(server.run([&] { return server.service().requests.empty(); }));
}

TEST(Browser, TheProbesAreNoException) {
  TestServer probes({}, Surface::probes);
  Client prober(probes.address());
  EXPECT_EQ(prober.ask("GET", "/metrics", "", "Host: evil.example\r\n").status, 421);
  EXPECT_EQ(prober.ask("GET", "/metrics", "", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(prober.ask("GET", "/metrics").status, 200);
}

// Through `ssh -L 8080:/run/jaild/jaild.sock` a page reaches it as well.
TEST(Browser, TheUnixSocketIsNoneForPagesAndAnyNameForOthers) {
  TestServer server([](ServerOptions& options) { options.hosts = {"jails.example.org"}; });
  Client client(server.address());
  const auto status = [&](const std::string& fields) { return client.ask("GET", "/jails", "", fields).status; };
  for (const char* host : {"l", "anything.at.all", "", "%2Frun%2Fjaild.sock", "evil.example:80"}) {
    EXPECT_EQ(status("Host: " + std::string(host) + "\r\n"), 200) << host;
  }
  const std::string rebound = "Host: evil.example:8080\r\n";
  EXPECT_EQ(status(rebound + "Sec-Fetch-Site: same-origin\r\n"), 421);
  EXPECT_EQ(status(rebound + "sec-fetch-MODE: navigate\r\n"), 421);
  EXPECT_EQ(status(rebound + "Accept-Language: de\r\n"), 421)
      << "http to a name that is not localhost has no Sec-Fetch";
  EXPECT_EQ(status(rebound + "Referer: http://evil.example:8080/\r\n"), 421);
  EXPECT_EQ(status(rebound + "Origin: http://evil.example\r\n"), 421);
  EXPECT_EQ(status("Origin: http://localhost:8080\r\n"), 403);
  EXPECT_EQ(status("Sec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(status("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Site: same-origin\r\n"), 403);
  EXPECT_EQ(status("Sec-Fetch-Site: same-origin\r\nAccept-Language: de\r\n"), 200);
  EXPECT_EQ(status("Host: jails.example.org\r\nSec-Fetch-Site: none\r\n"), 200);
  for (const char* host :
       {"localhost:80@evil.example", "evil@localhost", "loc alhost", "localhost/", "localhost?", "localhost#x",
        "localhost\\evil", "[::1", "[::1]evil", "[::1]:80@evil", "[]", "[::1%lo]", "]:1", "a:1:2", "::1", "a\xff"}) {
    EXPECT_EQ(Client(server.address()).ask("GET", "/jails", "", "Host: " + std::string(host) + "\r\n").status, 400)
        << host;
  }
  for (const char* host : {"", "jaild", "jaild:", "JAILD:1", "%2Frun%2Fjaild.sock", "[::1]", "[::ffff:127.0.0.1]:80",
                           "a_b-c.d~e!$&'()*+,;=", "127.0.0.1:99999"}) {
    EXPECT_EQ(Client(server.address()).ask("GET", "/jails", "", "Host: " + std::string(host) + "\r\n").status, 200)
        << host;
  }
  EXPECT_EQ(Client(server.address()).ask("GET", "http://a:b@c/jails").status, 400);
}

TEST(Browser, NoAnswerInvitesOtherSites) {
  TestServer server({}, Surface::full, Way::tcp);
  let_in(server);
  Client client(server.address());
  const Reply preflight =
      client.ask("OPTIONS", "/jails", "", "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n");
  EXPECT_EQ(preflight.status, 403);
  for (const auto& [name, value] : preflight.fields) EXPECT_FALSE(name.starts_with("access-control")) << name;
}

}  // namespace jaild::server
