// Commands by hand, from the service to the simulated jail and back.
#include <gtest/gtest.h>

#include <deque>

#include "tests/unit/daemon/runtime/world.h"

namespace jaild::runtime {
namespace {

using std::chrono::seconds;
using Process = std::shared_ptr<server::ExecProcess>;

class ServiceExec : public testing::Test {
 protected:
  Result<Process> exec(const std::string& name, std::vector<std::string> command) {
    ExecRequest request;
    request.command = std::move(command);
    std::optional<Result<Process>> answer;
    world.service.exec(name, request, {"uid 0", "unix pid 7"}, [&](Result<Process> process) { answer = process; });
    world.pass(seconds{1});
    return answer ? *answer : Result<Process>(Fail(Kind::timeout, "no answer"));
  }
  std::optional<Result<ExecEvent>> read(server::ExecProcess& process, seconds time = seconds{1}) {
    const auto event = std::make_shared<std::optional<Result<ExecEvent>>>();
    process.read([event](Result<ExecEvent> got) { *event = std::move(got); });
    world.pass(time);
    return *event;
  }
  std::vector<JailEvent> told(const std::string& type) {
    std::vector<JailEvent> found;
    world.service.events({0, "", type, 1000}, [&](Result<std::vector<JailEvent>> events) { found = *events; });
    world.pass(seconds{1});
    return found;
  }

  World world;
};

}  // namespace

TEST_F(ServiceExec, ACommandPrintsAndEndsAndIsInTheAuditTrail) {
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  const auto process = exec("web", {"echo", "hello"});
  ASSERT_TRUE(process) << process.error().message;
  const auto output = read(**process);
  ASSERT_TRUE(output && *output);
  EXPECT_EQ(std::get<ExecOutput>(**output).bytes, "hello\n");
  const auto exit = read(**process);
  ASSERT_TRUE(exit && *exit);
  EXPECT_EQ(std::get<ExecExit>(**exit).code, 0);
  const auto events = told("jail.exec");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].jail, "web");
  EXPECT_EQ(events[0].data.at("by"), "uid 0");
  EXPECT_EQ(events[0].data.at("command"), "echo hello");
}

TEST_F(ServiceExec, IsRefusedWhereNoJailOfOursRuns) {
  const auto stopped = declare("web", a_service(), Desired::stopped);
  ASSERT_TRUE(world.ask(stopped, seconds{0}));
  EXPECT_EQ(exec("web", {"echo"}).error().kind, Kind::not_running);
  EXPECT_EQ(exec("nobody", {"echo"}).error().kind, Kind::not_found);
  EXPECT_TRUE(told("jail.exec").empty()) << "nothing was run";
}

// P8
TEST_F(ServiceExec, OneJailHasABoundAndWhoLetsGoMakesRoom) {
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  std::deque<Process> held;
  for (std::size_t i = 0; i < execs_of_jail_max; ++i) {
    const auto process = exec("web", {"cat"});
    ASSERT_TRUE(process) << process.error().message;
    held.push_back(*process);
  }
  EXPECT_EQ(exec("web", {"cat"}).error().kind, Kind::overloaded);
  held.pop_front();
  EXPECT_TRUE(exec("web", {"cat"}));
}

TEST_F(ServiceExec, AJailThatStopsEndsIt) {
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  const auto process = exec("web", {"cat"});
  ASSERT_TRUE(process);
  const auto stop = tests::stop("web");
  ASSERT_TRUE(world.ask(stop, seconds{0}, seconds{60}));
  const auto end = read(**process);
  ASSERT_TRUE(end) << "it does not wait for ever";
  EXPECT_TRUE(!*end || std::get<ExecExit>(**end).signal != 0);
  EXPECT_EQ(world.state("web"), JailState::stopped);
}

TEST_F(ServiceExec, LettingGoEndsTheCommand) {
  ASSERT_TRUE(world.ask(declare("web", a_service()), seconds{0}));
  const auto count = [this] {
    std::size_t found = 0;
    world.service.processes("web", [&](const auto& result) { found = result->size(); });
    world.pass(seconds{1});
    return found;
  };
  const std::size_t before = count();
  auto process = exec("web", {"yes"});
  ASSERT_TRUE(process);
  EXPECT_EQ(count(), before + 1);
  process->reset();
  world.pass(seconds{10});
  EXPECT_EQ(count(), before);
}

}  // namespace jaild::runtime
