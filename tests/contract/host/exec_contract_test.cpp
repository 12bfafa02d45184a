// Commands that somebody runs by hand, on every host: `echo`, `cat`, `yes` and `sleep`, which `sim` models too.
#include <csignal>
#include <future>

#include "tests/contract/host/host_fixture.h"

namespace jaild::host {
namespace {

using Session = std::unique_ptr<ExecSession>;

ExecRequest request(std::vector<std::string> command) {
  ExecRequest made;
  made.command = std::move(command);
  return made;
}

// Waits, bounded, for what a callback brings; the callback may come late without harm.
template <class T, class Begin>
std::optional<T> wait_for(Begin begin) {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  begin([promise](T value) { promise->set_value(std::move(value)); });
  if (future.wait_for(patience) != std::future_status::ready) return std::nullopt;
  return future.get();
}

Result<Session> start(Host& host, const JailKey& key, ExecRequest what) {
  // In a shared place, because std::function copies what it holds.
  auto got = wait_for<std::shared_ptr<Result<Session>>>([&](auto done) {
    host.exec(key, std::move(what),
              [done](Result<Session> session) { done(std::make_shared<Result<Session>>(std::move(session))); });
  });
  if (!got) return Fail(Kind::timeout, "no answer");
  return std::move(**got);
}

struct Ended {
  std::string output;
  ExecExit exit;
};

// To the exit.
Ended finish(ExecSession& session) {
  Ended ended;
  constexpr int pieces_max = 1000;
  for (int i = 0; i < pieces_max; ++i) {
    const auto event = wait_for<Result<ExecEvent>>([&](auto done) { session.read(done); });
    if (!event || !*event) {
      ADD_FAILURE() << (event ? event->error().message : "nothing came");
      return ended;
    }
    if (const auto* exit = std::get_if<ExecExit>(&**event)) {
      ended.exit = *exit;
      return ended;
    }
    ended.output += std::get<ExecOutput>(**event).bytes;
  }
  ADD_FAILURE() << "it has no end";
  return ended;
}

void write(ExecSession& session, const std::string& bytes) {
  EXPECT_TRUE(wait_for<bool>([&](auto done) { session.write(bytes, [done] { done(true); }); }));
}

TEST_P(HostContract, ACommandByHandHasOutputAndExit) {
  const TestJail jail = up("hand");
  auto session = start(*host_, jail.key, request({"echo", "hello"}));
  ASSERT_TRUE(session) << session.error().message;
  const Ended ended = finish(**session);
  EXPECT_EQ(ended.output, "hello\n");
  EXPECT_EQ(ended.exit, (ExecExit{0, 0, false, ""}));
  session->reset();
  down(jail);
}

TEST_P(HostContract, ACommandByHandReadsItsInputToTheEnd) {
  const TestJail jail = up("input");
  auto session = start(*host_, jail.key, request({"cat"}));
  ASSERT_TRUE(session);
  write(**session, "some ");
  write(**session, "words");
  write(**session, "");
  const Ended ended = finish(**session);
  EXPECT_EQ(ended.output, "some words");
  EXPECT_EQ(ended.exit.code, 0);
  session->reset();
  down(jail);
}

TEST_P(HostContract, ACommandByHandIsEndedAtItsTimeout) {
  const TestJail jail = up("late");
  ExecRequest slow = request({"sleep", "600"});
  slow.timeout = std::chrono::seconds(1);
  auto session = start(*host_, jail.key, slow);
  ASSERT_TRUE(session);
  EXPECT_TRUE(finish(**session).exit.timed_out);
  session->reset();
  down(jail);
}

TEST_P(HostContract, ASignalReachesACommandByHand) {
  const TestJail jail = up("signal");
  auto session = start(*host_, jail.key, request({"sleep", "600"}));
  ASSERT_TRUE(session);
  (*session)->signal(SIGTERM);
  EXPECT_EQ(finish(**session).exit.signal, SIGTERM);
  session->reset();
  down(jail);
}

TEST_P(HostContract, HangingUpEndsACommandByHand) {
  const TestJail jail = up("hangup");
  auto session = start(*host_, jail.key, request({"yes"}));
  ASSERT_TRUE(session);
  const auto piece = wait_for<Result<ExecEvent>>([&](auto done) { (*session)->read(done); });
  ASSERT_TRUE(piece && *piece);
  session->reset();
  EXPECT_TRUE(heard_->event<JailEmpty>(jail.key.name)) << "nothing is left in the jail";
  down(jail);
}

TEST_P(HostContract, NoCommandByHandInAJailThatIsGone) {
  const TestJail jail = up("gone");
  down(jail);
  const auto session = start(*host_, jail.key, request({"echo"}));
  ASSERT_FALSE(session);
  const Kind kind = session.error().kind;
  EXPECT_TRUE(kind == Kind::not_running || kind == Kind::unavailable) << session.error().message;
}

}  // namespace
}  // namespace jaild::host
