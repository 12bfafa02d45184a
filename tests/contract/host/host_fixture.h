// One fixture for every host: a host, what it said, and a jail that can be brought up and down with it.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/host/host.h"
#include "daemon/host/make_host.h"

namespace jaild::host {

constexpr std::chrono::seconds patience{60};  // ends a test that hangs; none waits that long when all is well

// Where completions and events arrive. Any thread.
class Heard {
 public:
  [[nodiscard]] Sink sink();
  [[nodiscard]] std::optional<Result<Reply>> done(OpId id);  // waits; nullopt: it never came
  [[nodiscard]] int times(OpId id);                          // how often it came so far

  // Waits for an event of this type about this jail.
  template <class What>
  [[nodiscard]] std::optional<What> event(const std::string& name) {
    std::unique_lock lock(mutex_);
    std::optional<What> found;
    (void)changed_.wait_for(lock, patience, [&] { return (found = find<What>(name)).has_value(); });
    return found;
  }
  template <class What>
  [[nodiscard]] bool has(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return find<What>(name).has_value();
  }

 private:
  template <class What>
  static const std::string& name_of(const What& what) {
    if constexpr (requires { what.key.name; }) {
      return what.key.name;
    } else {
      return what.name;
    }
  }
  template <class What>
  std::optional<What> find(const std::string& name) const {
    for (const Event& event : events_) {
      const auto* what = std::get_if<What>(&event);
      if (what != nullptr && name_of(*what) == name) return *what;
    }
    return std::nullopt;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<OpId, Result<Reply>> done_;
  std::vector<Event> events_;
};

struct TestJail {
  JailKey key;
  JailSpec spec;
  std::vector<LedgerEntry> before;
  std::vector<LedgerEntry> after;
};

class HostContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] bool real() const { return GetParam() != "sim"; }
  void start_host();
  void stop_host();  // as a daemon that ends: jails and monitors stay

  template <class What>
  OpId submit(What what) {
    const OpId id = ++last_id_;
    host_->submit(Op{id, std::move(what)});
    return id;
  }
  template <class What>
  Result<Reply> perform(What what) {
    const OpId id = submit(std::move(what));
    auto result = heard_->done(id);
    if (!result) return Fail(Kind::timeout, "the operation never completed");
    ids_.push_back(id);
    return *result;
  }

  [[nodiscard]] JailSpec spec() const;
  [[nodiscard]] std::string name(const std::string& part) const;
  [[nodiscard]] Command command(const std::string& line, bool in_jail) const;
  TestJail up(const std::string& part) { return up(part, spec()); }
  TestJail up(const std::string& part, const JailSpec& wanted);
  void down(const TestJail& jail);
  [[nodiscard]] std::optional<JailFacts> facts(const std::string& jail);
  CommandResult run(const TestJail& jail, const std::string& line, bool in_jail = true);

  std::string directory_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Heard> heard_;
  std::vector<OpId> ids_;
  OpId last_id_ = 0;
};

// Rules as people write them.
std::vector<RctlRule> rules(const std::vector<std::string>& texts);

}  // namespace jaild::host
