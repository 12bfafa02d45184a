// Reads what many jails use, each once, off the loop. One thread reads jail after jail; when a read does not come back
// for a while another thread goes on with the rest, so that a slow jail holds up nobody but itself. After the budget
// the walk is over with what it has.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/host/host.h"
#include "daemon/runtime/loop.h"

namespace jaild::runtime {

// The most threads that read for one walk, and for walks that are over but whose reads have not come back.
constexpr int usage_readers_max = 4;

struct UsageWalkBounds {
  // A read takes about 0.1 ms on Linux and 0.01 ms on FreeBSD.
  std::chrono::milliseconds patience{50};
  // Half of what Prometheus gives a scrape by default (scrape_timeout, 10 s).
  std::chrono::milliseconds budget{5000};
};

struct UsageReading {
  std::map<std::string, Usage> usage;  // of the jails that live and could be read, by name
  std::size_t errors = 0;              // jails that could not be read, or not in time
  std::chrono::nanoseconds took{0};
};

// Loop thread only.
class UsageWalk {
 public:
  using Bounds = UsageWalkBounds;
  // Called once for each walk, on a query thread, at most a little after `budget`.
  using Done = std::function<void(UsageReading)>;

  UsageWalk(Loop& loop, host::Host& host, Bounds bounds = {});  // both outlive what was offloaded to the loop
  ~UsageWalk();
  UsageWalk(const UsageWalk&) = delete;
  UsageWalk& operator=(const UsageWalk&) = delete;

  // A jail whose read of an earlier walk has not come back is not read again, and counts as an error.
  void begin(std::vector<core::JailKey> keys, Done done);

 private:
  struct Walk;  // what the loop and the readers of one walk share

  void add_reader(const std::shared_ptr<Walk>& walk);
  void look_after(const std::shared_ptr<Walk>& walk, std::size_t read_before);
  void close(const std::shared_ptr<Walk>& walk);

  Loop& loop_;
  host::Host& host_;
  const Bounds bounds_;
  int readers_ = 0;
  std::set<std::string> stuck_;  // jails whose reads outlived their walk
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jaild::runtime
