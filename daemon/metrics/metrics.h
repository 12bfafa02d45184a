// What Prometheus reads. The per-jail series are made anew for each scrape from a Sample, so that a deleted jail is
// gone at once; counters and histograms of the daemon itself live in a registry of prometheus-cpp.
//
// Threads: observe_* and count_* on the loop, scrape() on a query thread; both at the same time are safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/metrics/sample.h"

namespace jaild::metrics {

class Metrics {
 public:
  // `database`: the store's file, whose size and free space are shown; "" for a store that has none.
  explicit Metrics(std::filesystem::path database = {});
  ~Metrics();

  // `method` and `route` come from fixed sets: a label set once seen stays.
  void count_request(std::string_view method, std::string_view route, int code, std::chrono::nanoseconds took);
  void observe_step(std::string_view step, bool ok, std::chrono::nanoseconds took);
  void observe_commit(bool ok, std::chrono::nanoseconds took);
  void observe_input(std::chrono::nanoseconds took);  // one input with all its actions: how long the loop was held
  void count_stall(std::string_view by);              // the loop was held for too long: "input" or "request"

  // Text format 0.0.4.
  [[nodiscard]] std::string scrape(const Sample& sample) const;

 private:
  struct Registry;
  std::filesystem::path database_;
  std::unique_ptr<Registry> registry_;
};

}  // namespace jaild::metrics
