// The link against a monitor that is a thread of the test and says what the test wants.
#include "daemon/host/monitor_link.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>

#include "api/contract/json.h"

namespace jaild::host {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;

// Listens where a monitor of `run` would. One connection; every call waits.
class FakeMonitor {
 public:
  FakeMonitor(const std::string& run_dir, std::uint64_t run) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (run_dir + "/monitors/" + std::to_string(run) + ".sock").c_str());
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    EXPECT_EQ(::bind(listener_.get(), generic, sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
  }

  void accept() { peer_ = UniqueFd(::accept(listener_.get(), nullptr, nullptr)); }
  json hear() {
    std::string line;
    char c = 0;
    while (::read(peer_.get(), &c, 1) == 1 && c != '\n') line += c;
    auto message = parse_json(line);
    return message ? *message : json::object();
  }
  void say(const std::string& text) {
    EXPECT_EQ(::write(peer_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void answer(const json& request, json more) {
    more["id"] = request["id"];
    more["ok"] = true;
    say(to_text(more) + "\n");
  }
  void hang_up() { peer_.reset(); }

 private:
  UniqueFd listener_;
  UniqueFd peer_;
};

class MonitorLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "jaild-link-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(folder_ + "/monitors");
    fs::create_directories(folder_ + "/exits");
    link_ = std::make_unique<MonitorLink>(
        io_, MonitorPaths{folder_, folder_, folder_, "/nonexistent/jaild-monitor", {"PATH=/b", "A=1"}},
        MonitorLink::Handlers{
            [this](const core::JailKey&, LastExit exit) { note("main_exited " + std::to_string(*exit.code)); },
            [this](const core::JailKey& key) { note("empty " + told(key)); },
            [this](const core::JailKey& key) { note("gone " + told(key)); },
            [this](const core::JailKey& key, const core::LogTrouble& log) {
              note("log " + told(key) + ": " + std::to_string(log.lines_lost) + " " + log.error);
            },
            [this](const core::JailKey& key) { note("lost " + told(key)); }});
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    link_->stop();
    work_.reset();
    thread_.join();
    fs::remove_all(folder_);
  }

  static std::string told(const core::JailKey& key) { return key.name + " " + std::to_string(key.jid); }
  void note(const std::string& text) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(text);
    changed_.notify_all();
  }
  std::vector<std::string> notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  void forget_notes() {
    const std::lock_guard lock(mutex_);
    notes_.clear();
  }
  bool heard(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return std::find(notes_.begin(), notes_.end(), text) != notes_.end(); });
  }
  // A monitor that was there before the link, and has said hello.
  std::unique_ptr<FakeMonitor> adopted(json hello = {{"name", "www"}, {"run", 7}, {"jid", 42}, {"main", "running"}}) {
    auto monitor = std::make_unique<FakeMonitor>(folder_, 7);
    std::thread server([&] {
      monitor->accept();
      monitor->answer(monitor->hear(), std::move(hello));
    });
    EXPECT_TRUE(link_->start());
    server.join();
    return monitor;
  }

  std::string folder_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  std::unique_ptr<MonitorLink> link_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

TEST_F(MonitorLinkTest, MonitorsLeftByAnEarlierDaemonAreTakenUp) {
  const auto monitor = adopted({{"name", "www"},
                                {"jid", 42},
                                {"main", "exited"},
                                {"exit", {{"at", "2026-01-31T12:00:00Z"}, {"code", 3}, {"reason", "exited with 3"}}}});
  const auto facts = link_->monitors();
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].key, (core::JailKey{"www", 7, 42}));
  EXPECT_TRUE(facts[0].main_started);
  ASSERT_TRUE(facts[0].main_exit);
  EXPECT_EQ(facts[0].main_exit->code, 3);
}

// A daemon with many jails does not wait for one monitor before it serves.
TEST_F(MonitorLinkTest, OneThatDoesNotAnswerIsWaitedForBeside) {
  FakeMonitor monitor(folder_, 7);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(link_->start());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  auto facts = link_->monitors();
  ASSERT_EQ(facts.size(), 1U) << "its run has a monitor";
  EXPECT_EQ(facts[0].key.run, 7U);
  EXPECT_TRUE(facts[0].main_started) << "or its jail would be stopped";
  EXPECT_FALSE(facts[0].main_exit);

  monitor.accept();
  monitor.answer(monitor.hear(),
                 {{"name", "www"},
                  {"jid", 42},
                  {"main", "exited"},
                  {"exit", {{"at", "2026-01-31T12:00:00Z"}, {"code", 3}, {"reason", "exited with 3"}}}});
  EXPECT_TRUE(heard("main_exited 3")) << "what would have been told at the start is told now";
  facts = link_->monitors();
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].key, (core::JailKey{"www", 7, 42}));
  monitor.hang_up();
  EXPECT_TRUE(heard("lost www 42"));
}

TEST_F(MonitorLinkTest, HelloTellsTheEnvironmentOfCommands) {
  FakeMonitor monitor(folder_, 7);
  std::thread starting([this] { EXPECT_TRUE(link_->start()); });
  monitor.accept();
  const json hello = monitor.hear();
  EXPECT_EQ(hello["request"], "hello");
  EXPECT_EQ(hello["environment"], (json{"PATH=/b", "A=1"}));
  monitor.answer(hello, {{"name", "www"}});
  starting.join();
}

TEST_F(MonitorLinkTest, SocketWithoutMonitorIsRemoved) {
  {
    const FakeMonitor dead(folder_, 9);
  }
  ASSERT_TRUE(link_->start());
  EXPECT_TRUE(fs::is_empty(folder_ + "/monitors"));
  EXPECT_TRUE(link_->monitors().empty());
}

TEST_F(MonitorLinkTest, AnswersComeToTheirRequestsInAnyOrder) {
  const auto monitor = adopted();
  const auto first = std::make_shared<std::promise<int>>();  // owned by both threads: see monitor_link.cpp
  const auto second = std::make_shared<std::promise<int>>();
  link_->send(7, {{"request", "run"}}, std::nullopt,
              [first](auto answer) { first->set_value(static_cast<int>((*answer)["code"])); });
  link_->send(7, {{"request", "run"}}, std::nullopt,
              [second](auto answer) { second->set_value(static_cast<int>((*answer)["code"])); });
  const json one = monitor->hear();
  const json two = monitor->hear();
  monitor->answer(two, {{"code", 2}});
  monitor->answer(one, {{"code", 1}});
  EXPECT_EQ(first->get_future().get(), 1);
  EXPECT_EQ(second->get_future().get(), 2);
}

TEST_F(MonitorLinkTest, RefusalKeepsTheMonitorsWords) {
  const auto monitor = adopted();
  const auto answered = std::make_shared<std::promise<Result<json>>>();
  link_->send(7, {{"request", "create"}}, std::nullopt,
              [answered](auto answer) { answered->set_value(std::move(answer)); });
  const json request = monitor->hear();
  monitor->say(to_text({{"id", request["id"]}, {"ok", false}, {"error", "no"}, {"errno", 1}, {"kind", "conflict"}}) +
               "\n");
  const auto answer = answered->get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::conflict);
  EXPECT_EQ(answer.error().message, "no");
  EXPECT_EQ(answer.error().os_errno, 1);
}

// A monitor that was started for a jail knows its jid from `adopt` only. One that outlived an update of jaild may be
// older than the answer that says it.
TEST_F(MonitorLinkTest, WhatANoteIsAboutHasTheJidOfTheAdoption) {
  for (const bool older : {false, true}) {
    fs::remove(folder_ + "/monitors/7.sock");
    const auto monitor = adopted({{"name", "www"}, {"run", 7}, {"main", "none"}});
    std::thread server([&] {
      const json request = monitor->hear();
      monitor->answer(request, older ? json::object() : json{{"jid", request["jid"]}});
      monitor->say("{\"note\":\"empty\"}\n");
    });
    EXPECT_TRUE(link_->ask(7, {{"request", "adopt"}, {"jid", 42}, {"inhabited", true}}, milliseconds(30'000)));
    server.join();
    EXPECT_TRUE(heard("empty www 42"));
    ASSERT_EQ(link_->monitors().size(), 1U);
    EXPECT_EQ(link_->monitors().front().key, (core::JailKey{"www", 7, 42}));
    monitor->hang_up();
    EXPECT_TRUE(heard("lost www 42"));
    forget_notes();
  }
}

TEST_F(MonitorLinkTest, SilentMonitorIsNotWaitedForWithoutEnd) {
  const auto monitor = adopted();
  const auto answer = link_->ask(7, {{"request", "limits"}}, milliseconds(50));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::timeout);
}

// Stopped (SIGSTOP), or in a loop: it holds a stop up for 5 s and not for the time that the stop's step may take.
TEST_F(MonitorLinkTest, AMonitorThatDoesNotAnswerWhileItsRunEndsIsKilled) {
  const pid_t process = ::fork();
  if (process == 0) {
    for (;;) ::pause();
  }
  const auto monitor = adopted({{"name", "www"}, {"run", 7}, {"jid", 42}, {"main", "running"}, {"pid", process}});
  const auto began = std::chrono::steady_clock::now();
  const auto terminated = std::make_shared<std::promise<Result<json>>>();
  link_->send(7, {{"request", "terminate"}}, std::chrono::seconds(60),
              [terminated](auto answer) { terminated->set_value(std::move(answer)); });
  link_->end_unless_it_answers(7);
  EXPECT_EQ(monitor->hear()["request"], "terminate");
  EXPECT_EQ(monitor->hear()["request"], "hello");
  int status = 0;
  EXPECT_EQ(::waitpid(process, &status, 0), process);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  monitor->hang_up();  // as the kernel does for who is killed
  const auto answer = terminated->get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST_F(MonitorLinkTest, AMonitorThatAnswersWhileItsRunEndsLivesOn) {
  const auto monitor = adopted({{"name", "www"}, {"run", 7}, {"jid", 42}, {"main", "running"}, {"pid", 0}});
  link_->end_unless_it_answers(7);
  const auto asked = monitor->hear();
  EXPECT_EQ(asked["request"], "hello");
  monitor->answer(asked, {});
  auto listed = std::async(std::launch::async,
                           [&] { return link_->ask(7, {{"request", "terminate"}}, std::chrono::seconds(60)); });
  monitor->answer(monitor->hear(), {{"left", 0}});
  EXPECT_TRUE(listed.get());
}

TEST_F(MonitorLinkTest, NotesBecomeEventsInOrder) {
  const auto monitor = adopted();
  monitor->say(R"({"note":"main_exited","exit":{"at":"2026-01-31T12:00:00Z","code":5,"reason":"exited with 5"}})"
               "\n"
               R"({"note":"from a newer monitor"})"
               "\n"
               R"({"note":"empty"})"
               "\n");
  EXPECT_TRUE(heard("empty www 42"));
  EXPECT_EQ(notes(), (std::vector<std::string>{"main_exited 5", "empty www 42"}));
}

TEST_F(MonitorLinkTest, WhatIsLostOfTheLogIsToldAtTheAdoptionAndWheneverItChanges) {
  const auto monitor = adopted({{"name", "www"}, {"jid", 42}, {"lost_lines", 3}, {"log_error", "No space"}});
  EXPECT_TRUE(heard("log www 42: 3 No space"));
  EXPECT_EQ(link_->monitors().front().log, (core::LogTrouble{3, "No space"}));
  monitor->say("{\"note\":\"lost\",\"lost_lines\":9}\n");
  EXPECT_TRUE(heard("log www 42: 9 "));
  EXPECT_EQ(link_->monitors().front().log, (core::LogTrouble{9, ""}));
  monitor->say("{\"note\":\"lost\",\"lost_lines\":-1,\"log_error\":7}\n{\"note\":\"empty\"}\n");
  EXPECT_TRUE(heard("empty www 42"));
  EXPECT_EQ(link_->monitors().front().log, core::LogTrouble{}) << "what is no number is none";
}

TEST_F(MonitorLinkTest, AnOlderMonitorThatSaysNothingOfItsLogIsTakenUp) {
  const auto monitor = adopted({{"name", "www"}, {"jid", 42}, {"main", "running"}});
  ASSERT_EQ(link_->monitors().size(), 1U);
  EXPECT_EQ(link_->monitors().front().log, core::LogTrouble{});
  EXPECT_TRUE(notes().empty());
}

TEST_F(MonitorLinkTest, LostMonitorAnswersEverythingAndIsTold) {
  const auto monitor = adopted();
  const auto answered = std::make_shared<std::promise<Result<json>>>();
  link_->send(7, {{"request", "run"}}, std::nullopt,
              [answered](auto answer) { answered->set_value(std::move(answer)); });
  (void)monitor->hear();
  monitor->hang_up();
  const auto answer = answered->get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Kind::unavailable);
  EXPECT_TRUE(heard("lost www 42"));
  EXPECT_TRUE(link_->monitors().empty());
}

TEST_F(MonitorLinkTest, NonsenseEndsTheConnection) {
  for (const char* nonsense : {"not json\n", "[1]\n", "{\"id\":1,\"id\":1}\n"}) {
    fs::remove(folder_ + "/monitors/7.sock");
    const auto monitor = adopted();
    monitor->say(nonsense);
    EXPECT_TRUE(heard("lost www 42")) << nonsense;
    forget_notes();
  }
}

TEST_F(MonitorLinkTest, ProgramThatIsNotThereIsNamed) {
  const auto opened = link_->open(core::JailKey{"www", 8, 0});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/nonexistent/jaild-monitor"), std::string::npos);
}

TEST_F(MonitorLinkTest, ClosingWhatIsGoneRemovesItsRecords) {
  {
    const FakeMonitor dead(folder_, 7);
  }
  std::ofstream(folder_ + "/exits/7.json") << "{}";
  EXPECT_TRUE(link_->close(core::JailKey{"www", 7, 0}));
  EXPECT_TRUE(fs::is_empty(folder_ + "/exits"));
  EXPECT_TRUE(fs::is_empty(folder_ + "/monitors"));
}

TEST_F(MonitorLinkTest, FinishedMonitorIsNotLost) {
  const auto monitor = adopted();
  std::thread server([&] {
    const json request = monitor->hear();
    EXPECT_EQ(request["request"], "finish");
    monitor->answer(request, json::object());
    monitor->hang_up();
  });
  EXPECT_TRUE(link_->close(core::JailKey{"www", 7, 42}));
  server.join();
  EXPECT_TRUE(notes().empty());
}

}  // namespace
}  // namespace jaild::host
