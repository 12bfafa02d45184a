// Who may do what: every call, by every role, by every way in (R11.2).
#include "api/server/access.h"

#include <gtest/gtest.h>

#include <array>

#include <unistd.h>

#include "api/contract/routes.h"
#include "tests/unit/api/server/harness.h"

namespace jaild::server {

namespace {

constexpr std::array all_roles{Role::none, Role::viewer, Role::operator_, Role::admin};

Access only(Role role, std::uint32_t uid) {
  Access access;
  if (role == Role::viewer) access.viewer.users = {uid};
  if (role == Role::operator_) access.operator_.users = {uid};
  if (role == Role::admin) access.admin.users = {uid};
  return access;
}

Token token(Role role) {
  return {"0123456789ab", "ci", role, {}, "uid 0", {}, {}};
}

// A request of this route that is fit to be carried out.
std::string request_of(const Route& route, const std::string& fields) {
  std::string path(route.path);
  const std::size_t slot = path.find('{');
  const bool of_token = route.path.find("{id}") != std::string_view::npos;
  if (slot != std::string::npos) path.replace(slot, path.find('}') + 1 - slot, of_token ? "0123456789ab" : "www1");
  std::string body;
  if (route.body) body = R"({"spec":{"params":{"path":"/jail/www1","persist":true}}})";
  if (route.id == RouteId::declare_jail) {
    body = R"({"name":"www2","spec":{"params":{"path":"/jail/www2","persist":true}}})";
  }
  if (route.id == RouteId::plan_set || route.id == RouteId::apply_set) {
    body = R"({"jails":[{"name":"www2","spec":{"params":{"path":"/jail/www2","persist":true}}}]})";
  }
  if (route.id == RouteId::create_token) body = R"({"name":"more","role":"viewer"})";
  return Client::request(route.method, path, body, fields + "Accept: application/json\r\n");
}

std::string name_of(const Route& route, Role role) {
  return std::string(route.method) + " " + std::string(route.path) + " as " + std::string(to_string(role));
}

bool changed_anything(TestServer& server) {
  return server.run([&] {
    const auto& service = server.service();
    return !service.requests.empty() || !service.token_writers.empty();
  });
}

}  // namespace

TEST(Access, EveryCallByEveryRoleOverTheUnixSocket) {
  for (const Route& route : routes()) {
    for (const Role role : all_roles) {
      TestServer server([&](ServerOptions& options) { options.access = only(role, geteuid()); });
      server.run([&] { server.service().declare("www1"); });
      Client client(server.address());
      // A token makes nobody more on the Unix socket, where the kernel says who asks.
      server.run([&] { server.service().tokens_by_secret["s"] = token(Role::admin); });
      client.send(request_of(route, "Authorization: Bearer s\r\n"));
      const Reply reply = client.read_reply();
      if (role >= route.role) {
        EXPECT_TRUE(reply.status != 0 && reply.status != 401 && reply.status != 403) << name_of(route, role);
        continue;
      }
      EXPECT_EQ(reply.status, 403) << name_of(route, role);
      EXPECT_EQ(reply.json()["type"], "urn:jaild:problem:forbidden") << name_of(route, role);
      EXPECT_FALSE(changed_anything(server)) << name_of(route, role);
    }
  }
}

TEST(Access, EveryCallByEveryRoleOverTcp) {
  for (const Route& route : routes()) {
    for (const Role role : all_roles) {
      TestServer server([](ServerOptions& options) { options.access = only(Role::admin, geteuid()); }, Surface::full,
                        Way::tcp);
      server.run([&] {
        server.service().declare("www1");
        if (role != Role::none) server.service().tokens_by_secret["s"] = token(role);
      });
      Client client(server.address());
      client.send(request_of(route, "Authorization: Bearer s\r\n"));
      const Reply reply = client.read_reply();
      if (role >= route.role) {
        EXPECT_TRUE(reply.status != 0 && reply.status != 401 && reply.status != 403) << name_of(route, role);
        continue;
      }
      EXPECT_EQ(reply.status, role == Role::none ? 401 : 403) << name_of(route, role);
      EXPECT_EQ(reply.fields.at("www-authenticate"), role == Role::none
                                                         ? "Bearer realm=\"jaild\", error=\"invalid_token\""
                                                         : "Bearer realm=\"jaild\", error=\"insufficient_scope\"");
      EXPECT_FALSE(changed_anything(server)) << name_of(route, role);
    }
  }
}

TEST(Access, TcpWithoutATokenServesOnlyWhatNeedsNone) {
  TestServer server([](ServerOptions& options) { options.access = only(Role::admin, geteuid()); }, Surface::full,
                    Way::tcp);
  server.run([&] { server.service().tokens_by_secret["s"] = token(Role::admin); });
  for (const Route& route : routes()) {
    Client client(server.address());
    client.send(request_of(route, ""));
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, route.role == Role::none ? 200 : 401) << route.path;
    if (route.role == Role::none) continue;
    EXPECT_EQ(reply.fields.at("www-authenticate"), "Bearer realm=\"jaild\"");
  }
  Client client(server.address());
  for (const char* field : {"Basic czo=", "Bearer", "Bearer ", "Bearer  s", "Bearer s,", "Bearer s, Bearer s", "s"}) {
    EXPECT_EQ(client.ask("GET", "/jails", "", "Authorization: " + std::string(field) + "\r\n").status, 401) << field;
  }
  EXPECT_EQ(client.ask("GET", "/jails", "", "Authorization: bEARER s\r\n").status, 200);  // the scheme has no case
  EXPECT_EQ(client.ask("GET", "/jails", "", "Authorization: Bearer s\r\nAuthorization: Bearer s\r\n").status, 401);
}

TEST(Access, AStreamEndsWithItsToken) {
  TestServer server({}, Surface::full, Way::tcp);
  server.run([&] { server.service().tokens_by_secret["s"] = token(Role::viewer); });
  Client client(server.address());
  client.send(Client::request("GET", "/events", "", "Authorization: Bearer s\r\n"));
  EXPECT_NE(client.read_until("retry: 3000\n\n"), "");
  server.run([&] { server.service().publish("www1", EventType::jail_started); });
  EXPECT_NE(client.read_until("\n\n").find("jail.started"), std::string::npos);
  server.run([&] {
    server.service().tokens_by_secret.clear();
    server.service().publish("www1", EventType::jail_stopped);
  });
  EXPECT_EQ(client.read_until("jail.stopped").find("jail.stopped"), std::string::npos);
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Access, ProbesNeedNoTokenAndServeNothingElse) {
  TestServer server({}, Surface::probes);
  Client client(server.address());
  for (const Route& route : routes()) {
    client.send(request_of(route, ""));
    const bool served = route.id == RouteId::metrics || route.id == RouteId::livez || route.id == RouteId::readyz;
    EXPECT_EQ(client.read_reply().status, served ? 200 : 404) << route.path;
  }
}

TEST(Access, WritesSayWhoAskedFromWhere) {
  TestServer local;
  local.run([&] { local.service().declare("www1"); });
  Client by_socket(local.address());
  by_socket.ask("POST", "/jails/www1/stop");
  const Requester peer = local.run([&] { return local.service().requests.at(0).who; });
  EXPECT_EQ(peer.by, "uid " + std::to_string(geteuid()));
  EXPECT_EQ(peer.from, "unix pid " + std::to_string(getpid()));

  TestServer remote({}, Surface::full, Way::tcp);
  remote.run([&] {
    remote.service().declare("www1");
    remote.service().tokens_by_secret["s"] = token(Role::admin);
  });
  Client by_token(remote.address());
  by_token.ask("POST", "/jails/www1/stop", "", "Authorization: Bearer s\r\n");
  const Requester holder = remote.run([&] { return remote.service().requests.at(0).who; });
  EXPECT_EQ(holder.by, "token ci (0123456789ab)");
  EXPECT_TRUE(holder.from.starts_with("127.0.0.1:")) << holder.from;
}

TEST(Access, TheHighestRoleThatAUidOrAGroupGives) {
  Access access;
  access.viewer.groups = {10, 11};
  access.operator_.users = {1000};
  access.operator_.groups = {20};
  access.admin.groups = {30};
  const auto role = [&](std::uint32_t uid, std::vector<std::uint32_t> groups, bool jailed = false) {
    return role_of(access, Peer{uid, std::move(groups), 1, jailed});
  };
  EXPECT_EQ(role(1, {}), Role::none);
  EXPECT_EQ(role(0, {0}), Role::none);  // root is what the daemon puts into `admin`, nothing by itself
  EXPECT_EQ(role(1, {9, 11}), Role::viewer);
  EXPECT_EQ(role(1000, {10}), Role::operator_);
  EXPECT_EQ(role(1, {10, 20}), Role::operator_);
  EXPECT_EQ(role(1000, {10, 20, 30}), Role::admin);
  EXPECT_EQ(role(1000, {30}, true), Role::none);  // a jail's users have the host's numbers
}

}  // namespace jaild::server
