#include <gtest/gtest.h>

#include <unistd.h>

#include "tests/unit/api/server/harness.h"

namespace jaild::server {

using nlohmann::json;

class JailsWrite : public testing::Test {
 protected:
  static json document(const std::string& name) {
    return {{"name", name}, {"spec", {{"params", {{"path", "/jail/" + name}, {"persist", true}}}}}};
  }
  void declare(const std::string& name) {
    server.run([&] { server.service().declare(name); });
  }
  ChangeRequest last_request() {
    return server.run([this] { return server.service().requests.back(); });
  }
  Change last_change() { return last_request().changes.front(); }
  Put last_put() { return std::get<Put>(last_change().what); }
  std::size_t writes() {
    return server.run([this] { return server.service().requests.size(); });
  }
  // Over a connection of its own, for it ends after a 400.
  Reply ask_anew(std::string_view method, std::string_view target, std::string_view body = {},
                 std::string_view fields = {}) {
    Client other(server.address());
    return other.ask(method, target, body, fields);
  }

  TestServer server;
  Client client{server.address()};
};

TEST_F(JailsWrite, PostDeclares) {
  const Reply reply = client.ask("POST", "/jails", document("www1").dump());
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.fields.at("location"), "/jails/www1");
  EXPECT_EQ(reply.fields.at("etag"), "\"1\"");
  EXPECT_EQ(reply.json()["name"], "www1");
  EXPECT_EQ(last_request().who.by, "uid " + std::to_string(geteuid()));
  const Reply again = client.ask("POST", "/jails", document("www1").dump());
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.json()["type"], "urn:jaild:problem:exists");
}

// P10
TEST_F(JailsWrite, EveryMistakeInABodyIsReportedWithItsPlace) {
  const Reply reply = client.ask("POST", "/jails", R"({"name":"42","spec":{"priority":100,"colour":"red"},"x":1})");
  EXPECT_EQ(reply.status, 422);
  std::set<std::string> pointers;
  const json body = reply.json();
  for (const auto& error : body["errors"]) pointers.insert(error["pointer"]);
  EXPECT_TRUE(pointers.contains("/name")) << reply.body;
  EXPECT_TRUE(pointers.contains("/spec/priority")) << reply.body;
  EXPECT_TRUE(pointers.contains("/spec/colour")) << reply.body;
  EXPECT_TRUE(pointers.contains("/x")) << reply.body;
  EXPECT_EQ(writes(), 0U);
}

TEST_F(JailsWrite, BrokenJsonIs400) {
  for (const char* body : {"{", "nonsense", "{\"name\":1,\"name\":2}", "\xff", "{} {}"}) {
    const Reply reply = ask_anew("POST", "/jails", body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.json()["type"], "urn:jaild:problem:bad-json") << body;
  }
  EXPECT_EQ(ask_anew("POST", "/jails", "", "Content-Type: application/json\r\n").status, 400);
  EXPECT_EQ(client.ask("POST", "/jails", "[]").status, 422);
}

TEST_F(JailsWrite, AnotherContentTypeIs415WithWhatWouldDo) {
  const std::string body = document("www1").dump();
  const Reply post = client.ask("POST", "/jails", body, "Content-Type: text/plain\r\n");
  EXPECT_EQ(post.status, 415);
  EXPECT_EQ(post.fields.at("accept"), "application/json");
  const Reply patch = client.ask("PATCH", "/jails/www1", body, "Content-Type: application/json-patch+json\r\n");
  EXPECT_EQ(patch.status, 415);
  EXPECT_EQ(patch.fields.at("accept-patch"), "application/merge-patch+json, application/json");
  EXPECT_EQ(client.ask("PUT", "/jails/www1", body, "Content-Type: application/merge-patch+json\r\n").status, 415);
  EXPECT_EQ(client.ask("POST", "/jails", body, "Content-Type: application/json; charset=utf-8\r\n").status, 201);
}

TEST_F(JailsWrite, PutCreatesThenReplaces) {
  const Reply created = client.ask("PUT", "/jails/www1", document("www1").dump());
  EXPECT_EQ(created.status, 201) << created.body;
  json body = created.json();
  body["spec"]["priority"] = 10;
  const Reply replaced = client.ask("PUT", "/jails/www1", body.dump());  // what GET gives, edited and sent back
  EXPECT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_EQ(replaced.fields.at("etag"), "\"2\"");
  EXPECT_EQ(replaced.json()["spec"]["priority"], 10);
  EXPECT_EQ(client.ask("PUT", "/jails/www1", document("www2").dump()).status, 422);
}

TEST_F(JailsWrite, ConditionsHoldOrNothingHappens) {
  declare("www1");
  const std::string body = document("www1").dump();
  EXPECT_EQ(client.ask("PUT", "/jails/www1", body, "If-None-Match: *\r\n").status, 412);
  EXPECT_EQ(client.ask("PUT", "/jails/www1", body, "If-Match: \"9\"\r\n").status, 412);
  EXPECT_EQ(client.ask("PUT", "/jails/www1", body, "If-Match: \"1\"\r\n").status, 200);
  EXPECT_EQ(client.ask("PUT", "/jails/www1", body, "If-Match: *\r\n").status, 200);
  EXPECT_EQ(client.ask("PUT", "/jails/www2", body, "If-Match: *\r\n").status, 422);
  EXPECT_EQ(client.ask("PUT", "/jails/www2", document("www2").dump(), "If-Match: *\r\n").status, 412);
  EXPECT_EQ(client.ask("PUT", "/jails/www2", document("www2").dump(), "If-None-Match: *\r\n").status, 201);
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", "{}", "If-Match: \"1\"\r\n").status, 412);
  EXPECT_EQ(client.ask("DELETE", "/jails/www1", "", "If-Match: \"1\"\r\n").status, 412);
  EXPECT_EQ(client.ask("POST", "/jails/www1/stop", "", "If-Match: \"1\"\r\n").status, 412);
  EXPECT_EQ(ask_anew("POST", "/jails/www1/stop", "", "If-Match: 1\r\n").status, 400);
  EXPECT_EQ(ask_anew("DELETE", "/jails/www1", "", "If-None-Match: *\r\n").status, 400);
}

TEST_F(JailsWrite, PatchMergesIntoTheJailAsItIs) {
  declare("www1");
  server.run([this] {
    JailObject& object = server.service().jails["www1"];
    object.spec.labels = {{"tier", "web"}, {"team", "a"}};
    object.desired = Desired::stopped;
  });
  const Reply reply = client.ask("PATCH", "/jails/www1", R"({"spec":{"priority":7,"labels":{"team":null,"x":"y"}}})",
                                 "Content-Type: application/merge-patch+json\r\n");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json()["spec"]["priority"], 7);
  EXPECT_EQ(reply.json()["spec"]["labels"], (json{{"tier", "web"}, {"x", "y"}}));
  EXPECT_EQ(reply.json()["spec"]["params"]["path"], "/jail/www1");
  EXPECT_FALSE(last_put().desired) << "only a patch that names it changes the wish";
  EXPECT_EQ(last_change().only_if.generation, 1U);
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", R"({"desired":"running"})").status, 200);
  EXPECT_EQ(last_put().desired, Desired::running);
  const char* nothing_there =
      R"({"status":null,"spec":{"cpuset":null,"health":null,"restart":{"limit":null},"labels":{"no":null}}})";
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", nothing_there).status, 200) << "it was not there, but might have been";
}

TEST_F(JailsWrite, PatchRefusesWhatWouldNotBeAJail) {
  declare("www1");
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", R"({"name":"www2"})").status, 422);
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", R"({"spec":null})").status, 422);
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", R"({"spec":{"priority":"high"}})").status, 422);
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", "[]").status, 422);
  for (const char* unknown : {R"({"":null})", R"({"spec":{"comand":null}})", R"({"spec":{"restart":{"poliy":null}}})",
                              R"({"spec":{"health":{"tpc":null}}})", R"({"spec":{"a/b~":null}})"}) {
    EXPECT_EQ(client.ask("PATCH", "/jails/www1", unknown).status, 422) << unknown;
  }
  EXPECT_EQ(ask_anew("PATCH", "/jails/www1", "{").status, 400);
  EXPECT_EQ(client.ask("PATCH", "/jails/nobody", "{}").status, 404);
  EXPECT_EQ(writes(), 0U);
  server.run([this] { server.service().jails["www1"].status.state = JailState::foreign; });
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", "{}").status, 409);
}

TEST_F(JailsWrite, PatchIsMergedAnewWhenTheJailChangedMeanwhile) {
  declare("www1");
  server.run([this] { server.service().generation_races = 3; });
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", R"({"spec":{"priority":7}})").status, 200);
  EXPECT_EQ(writes(), 4U);
  server.run([this] { server.service().generation_races = 1; });
  const std::string now = client.ask("GET", "/jails/www1").fields.at("etag");
  EXPECT_EQ(client.ask("PATCH", "/jails/www1", R"({"spec":{}})", "If-Match: " + now + "\r\n").status, 412);
  EXPECT_EQ(writes(), 5U) << "who names a generation means that one";
  server.run([this] { server.service().generation_races = 1'000; });
  const Reply reply = client.ask("PATCH", "/jails/www1", R"({"spec":{"priority":8}})");
  EXPECT_EQ(reply.status, 409) << reply.body;
  EXPECT_EQ(writes(), 10U) << "and it does not try for ever";
}

TEST_F(JailsWrite, DeleteIs202UntilItIs204) {
  declare("www1");
  const Reply begun = client.ask("DELETE", "/jails/www1");
  EXPECT_EQ(begun.status, 202);
  EXPECT_EQ(begun.json()["name"], "www1");
  server.run([this] { server.service().settle = true; });
  const Reply gone = client.ask("DELETE", "/jails/www1");
  EXPECT_EQ(gone.status, 204);
  EXPECT_EQ(gone.body, "");
  EXPECT_FALSE(gone.fields.contains("content-length"));
  EXPECT_EQ(client.ask("DELETE", "/jails/www1").status, 404);
}

TEST_F(JailsWrite, ActionsAre202UntilNothingIsLeftToDo) {
  declare("www1");
  for (const char* action : {"start", "stop", "restart", "adopt"}) {
    const std::string path = std::string("/jails/www1/") + action;
    EXPECT_EQ(client.ask("POST", path).status, 202) << action;
    EXPECT_EQ(client.ask("POST", path, "{}").status, 202) << action;
    EXPECT_EQ(client.ask("POST", path, " {} \n").status, 202) << action;
    EXPECT_EQ(client.ask("POST", path, R"({"force":true})").status, 422) << action;
    EXPECT_EQ(ask_anew("POST", path, "{").status, 400) << action;
    const Reply form = client.ask("POST", path, "x=1", "Content-Type: application/x-www-form-urlencoded\r\n");
    EXPECT_EQ(form.status, 415) << action;
    EXPECT_EQ(form.fields.at("accept"), "application/json") << action;
    EXPECT_EQ(client.ask("POST", "/jails/nobody/" + std::string(action)).status, 404) << action;
    server.run([this] { server.service().settle = true; });
    const Reply done =
        client.ask("POST", path, "", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n");
    EXPECT_EQ(done.status, 200) << action;
    EXPECT_EQ(done.json()["name"], "www1") << action;
    server.run([this] { server.service().settle = false; });
  }
}

TEST_F(JailsWrite, ADryRunAnswersWhatWouldHappen) {
  const Reply reply = client.ask("POST", "/jails?dry_run=1", document("www1").dump());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.json()["items"][0]["action"], "create");
  EXPECT_TRUE(last_request().dry_run);
  declare("www1");
  EXPECT_EQ(client.ask("PUT", "/jails/www1?dry_run=true", document("www1").dump()).status, 200);
  EXPECT_EQ(client.ask("PATCH", "/jails/www1?dry_run=1", "{}").json()["items"].size(), 1U);
  EXPECT_EQ(client.ask("POST", "/jails/www1/stop?dry_run=1").json()["items"].size(), 1U);
  EXPECT_EQ(client.ask("DELETE", "/jails/www1?dry_run=1").json()["items"].size(), 1U);
  EXPECT_EQ(client.ask("POST", "/jails/www1/stop?dry_run=0").json()["name"], "www1");
  EXPECT_EQ(client.ask("POST", "/jails/www1/stop?dry_run=maybe").status, 422);
}

TEST_F(JailsWrite, AWaitIsPassedOnAndShowsInTheStatus) {
  declare("www1");
  const std::string body = document("www1").dump();
  EXPECT_EQ(client.ask("PUT", "/jails/www1?wait=5", body).status, 202);
  EXPECT_EQ(server.run([this] { return server.service().waits.back(); }), std::chrono::seconds(5));
  EXPECT_EQ(client.ask("PUT", "/jails/www1?wait=0", body).status, 200);
  EXPECT_EQ(client.ask("POST", "/jails?wait=5", document("www2").dump()).status, 201);
  EXPECT_EQ(client.ask("POST", "/jails/www1/start?wait=600").status, 202);
  server.run([this] { server.service().jails["www1"].status.state = JailState::failed; });
  EXPECT_EQ(client.ask("POST", "/jails/www1/start?wait=600").status, 200) << "a failed jail is not under way";
  EXPECT_EQ(client.ask("POST", "/jails/www1/start?wait=601").status, 422);
  const Reply wrong = client.ask("POST", "/jails/www1/start?wait=soon&dryrun=1");
  EXPECT_EQ(wrong.json()["errors"].size(), 2U) << wrong.body;
}

TEST_F(JailsWrite, TheDaemonsErrorsKeepTheirMeaning) {
  declare("www1");
  const std::vector<std::pair<Kind, int>> table{
      {Kind::conflict, 409},   {Kind::missing, 409},      {Kind::host_refused, 409},
      {Kind::overloaded, 503}, {Kind::storage_full, 507}, {Kind::unavailable, 503},
      {Kind::timeout, 503},    {Kind::invalid, 422},      {Kind::internal, 500}};
  for (const auto& [kind, status] : table) {
    server.run([&, wanted = kind] { server.service().write_error = Error{wanted, "because", 0, {}}; });
    for (const Reply& reply :
         {client.ask("POST", "/jails/www1/start"), client.ask("PATCH", "/jails/www1", "{}"),
          client.ask("DELETE", "/jails/www1"), client.ask("PUT", "/jails/www1", document("www1").dump()),
          client.ask("POST", "/jails", document("www1").dump())}) {
      EXPECT_EQ(reply.status, status) << reply.body;
      EXPECT_EQ(reply.json()["detail"], "because");
      EXPECT_EQ(reply.fields.contains("retry-after"), status == 503 || status == 507);
    }
  }
}

TEST_F(JailsWrite, RollbackDeclaresAnEarlierSpecAgain) {
  declare("www1");
  const Reply reply = client.ask("POST", "/jails/www1/rollback?to=1");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(verb_of(last_change()), "replace");
  EXPECT_TRUE(last_change().only_if.present);
}

TEST_F(JailsWrite, ARollbackWithoutAGenerationThatIsKeptChangesNothing) {
  declare("www1");
  EXPECT_EQ(client.ask("POST", "/jails/www1/rollback").status, 422);
  EXPECT_EQ(client.ask("POST", "/jails/www1/rollback?to=x").status, 422);
  EXPECT_EQ(client.ask("POST", "/jails/www1/rollback?to=0").status, 422);
  const Reply unknown = client.ask("POST", "/jails/www1/rollback?to=7");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_NE(unknown.body.find("no generation 7"), std::string::npos);
  EXPECT_EQ(client.ask("POST", "/jails/nobody/rollback?to=1").status, 404);
  EXPECT_EQ(writes(), 0U);
}

}  // namespace jaild::server
