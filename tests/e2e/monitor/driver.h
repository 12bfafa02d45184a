// Starts a real jaild-monitor as the host code does and speaks its protocol (daemon/monitor/protocol.h).
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/host/unique_fd.h"

namespace jaild::monitor {

using nlohmann::json;
using namespace std::chrono_literals;

// A monitor of its own for each test, a busybox root file system, and nothing left behind.
class MonitorTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // The exit status of the program's parent; it starts without the descriptors `closed`.
  int start_monitor(const std::vector<int>& closed = {});
  void connect();
  void disconnect() { socket_.reset(); }
  bool try_send_hello();  // without waiting for room or for an answer
  void kill_monitor();    // KILL, and waits until it is gone

  // Bounded by ten seconds each; an answer that does not come fails the test and is null.
  std::int64_t send(const std::string& request, json fields = json::object());
  std::int64_t send_with(const std::string& request, json fields, const std::vector<UniqueFd>& fds);
  json answer_to(std::int64_t id);
  json ask(const std::string& request, json fields = json::object()) {
    return answer_to(send(request, std::move(fields)));
  }
  json note(const std::string& name);

  json host(const std::string& line, json more = json::object());
  json inside(const std::string& line, json more = json::object());
  // What `line` writes in the jail.
  std::string output_of(const std::string& line, json more = json::object());
  json create(json more = json::object());

  [[nodiscard]] std::string place(const std::string& name) const { return base_ + "/" + name; }
  [[nodiscard]] std::string root() const { return base_ + "/root"; }
  [[nodiscard]] std::string log() const;
  static std::string content(const std::string& path);
  void write(const std::string& path, const std::string& text, int mode = 0644) const;

  // Pids whose command line holds `text`; each test uses an unmistakable one.
  static std::vector<int> processes_with(const std::string& text);
  // Waits, bounded, for `holds` to become true.
  template <class Condition>
  static bool eventually(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      pause();
    }
    return true;
  }

  std::uint64_t run_ = 0;
  std::string name_ = "monitor-test";

 private:
  static void pause();
  bool read_message(std::chrono::steady_clock::time_point deadline);
  void make_root() const;

  std::string base_;
  UniqueFd socket_;
  std::string input_;
  std::int64_t last_id_ = 0;
  std::map<std::int64_t, json> answers_;
  std::deque<json> notes_;
};

}  // namespace jaild::monitor
