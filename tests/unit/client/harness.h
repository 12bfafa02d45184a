// Runs jailctl as a function against a fake daemon and keeps what it said.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/exit_code.h"
#include "client/terminal.h"
#include "tests/fakes/fake_daemon.h"

namespace jaild::client {

struct Said {
  ExitCode code = ExitCode::ok;
  std::string out;
  std::string err;
};

struct RunOptions {
  std::string input = {};
  bool tty = false;  // all three streams
  bool utf8 = false;
  Environment environment = {};
};

// With JAILD_SOCKET naming the fake, unless the environment says otherwise.
Said run_jailctl(const test::FakeDaemon& daemon, const std::vector<std::string>& arguments, RunOptions options = {});
// Without any daemon.
Said run_jailctl(const std::vector<std::string>& arguments, RunOptions options = {});

test::FakeReply json_reply(int status, const nlohmann::json& body);
// A problem as api/contract/json.h writes it.
test::FakeReply problem_reply(const Error& error);
test::FakeReply jail_reply(int status, const nlohmann::json& object);  // with the ETag of its generation

// An object as GET gives it, in this state.
nlohmann::json jail(const std::string& name, const std::string& state = "running");

// `answer` behind a daemon that is followed: each GET /events tells that something happened and ends, so each look is
// followed by another one. With `quiet` it tells of nothing and stays.
test::FakeDaemon::Answer followed(test::FakeDaemon::Answer answer, bool quiet = false);
// What was asked beside that.
std::vector<std::string> calls_of(const test::FakeDaemon& daemon);

bool contains(const std::string& text, const std::string& part);

}  // namespace jaild::client
