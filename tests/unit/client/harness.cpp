#include "tests/unit/client/harness.h"

#include <sstream>

#include "api/contract/json.h"
#include "client/app.h"

namespace jaild::client {

using nlohmann::json;
using test::FakeDaemon;
using test::FakeReply;
using test::FakeRequest;

Said run_jailctl(const std::vector<std::string>& arguments, RunOptions options) {
  std::istringstream in(options.input);
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err, options.tty, options.tty, options.tty, options.utf8, std::move(options.environment)};
  const ExitCode code = run(arguments, terminal);
  return {code, out.str(), err.str()};
}

Said run_jailctl(const test::FakeDaemon& daemon, const std::vector<std::string>& arguments, RunOptions options) {
  options.environment.emplace("JAILD_SOCKET", daemon.socket());
  options.environment.emplace("TMPDIR", daemon.directory());
  return run_jailctl(arguments, std::move(options));
}

FakeReply json_reply(int status, const json& body) {
  return {.status = status, .body = body.dump(), .headers = {{"Content-Type", "application/json"}}};
}

FakeReply problem_reply(const Error& error) {
  FakeReply reply = json_reply(traits(error.kind).http_status, problem(error));
  reply.headers["Content-Type"] = "application/problem+json";
  return reply;
}

FakeReply jail_reply(int status, const json& object) {
  FakeReply reply = json_reply(status, object);
  reply.headers["ETag"] = "\"" + std::to_string(object.value("generation", 0)) + "\"";
  return reply;
}

json jail(const std::string& name, const std::string& state) {
  json status{{"state", state},           {"reason", ""},          {"ready", state == "running"},
              {"observed_generation", 3}, {"restarts", 0},         {"pending", json::array()},
              {"drift", json::array()},   {"steps", json::array()}};
  if (state == "running") {
    status["jid"] = 7;
    status["started_at"] = "2026-01-31T12:00:00Z";
  }
  const json spec{{"params", {{"path", "/jail/" + name}, {"exec.start", {"/bin/sh /etc/rc"}}}},
                  {"rctl", {"memoryuse:deny=2g"}},
                  {"labels", json::object()}};
  return {{"name", name},
          {"generation", 3},
          {"desired", state == "stopped" || state == "stopping" ? "stopped" : "running"},
          {"spec", spec},
          {"status", status}};
}

FakeDaemon::Answer followed(FakeDaemon::Answer answer, bool quiet) {
  return [answer = std::move(answer), quiet, number = 7](const FakeRequest& request) mutable {
    if (request.target == "/jails?limit=1") return json_reply(200, {{"items", json::array()}, {"event", 7}});
    if (!request.target.starts_with("/events")) return answer(request);
    ++number;
    const json event{{"id", number}, {"type", "daemon.started"}};
    const std::string text = "id: " + std::to_string(number) + "\ndata: " + event.dump() + "\n\n";
    return FakeReply{.body = quiet ? "" : text, .headers = {{"Content-Type", "text/event-stream"}}, .open = quiet};
  };
}

std::vector<std::string> calls_of(const FakeDaemon& daemon) {
  std::vector<std::string> calls = daemon.calls();
  std::erase_if(
      calls, [](const std::string& call) { return call == "GET /jails?limit=1" || call.starts_with("GET /events"); });
  return calls;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace jaild::client
