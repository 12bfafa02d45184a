#include "daemon/runtime/usage_walk.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "daemon/runtime/asio_loop.h"

namespace jaild::runtime {
namespace {

using std::chrono::milliseconds;

// A host of which only usage() is used: some jails fail, some keep their readers until they are let go.
class SlowHost final : public host::Host {
 public:
  [[nodiscard]] const HostProfile& profile() const override { return profile_; }
  [[nodiscard]] std::vector<FieldError> check(const std::string&, const JailSpec&, const std::string&) const override {
    return {};
  }
  Result<void> start(host::Sink) override { return {}; }
  void stop() override {}
  void submit(host::Op) override {}
  void exec(const core::JailKey&, ExecRequest, host::ExecStarted done) override {
    done(Fail(Kind::not_running, "nothing runs here"));
  }
  Result<host::Survey> survey() override { return host::Survey{}; }
  Result<std::vector<ProcessInfo>> processes(const core::JailKey&) override { return std::vector<ProcessInfo>{}; }

  Result<std::map<std::string, Usage>> usage(const std::vector<core::JailKey>& keys) override {
    std::map<std::string, Usage> all;
    for (const auto& key : keys) {
      std::unique_lock lock(mutex);
      ++reads[key.name];
      let_go.wait(lock, [&] { return !hang.contains(key.name); });
      if (fail.contains(key.name)) return Fail(Kind::host_refused, "no");
      if (!gone.contains(key.name)) all[key.name].resources[Resource::maxproc] = 1;
    }
    return all;
  }
  void release_all() {
    const std::lock_guard lock(mutex);
    hang.clear();
    let_go.notify_all();
  }

  std::mutex mutex;
  std::condition_variable let_go;
  std::set<std::string> hang;
  std::set<std::string> fail;
  std::set<std::string> gone;
  std::map<std::string, int> reads;

 private:
  HostProfile profile_;
};

std::vector<core::JailKey> keys(int count) {
  std::vector<core::JailKey> all;
  for (int i = 1; i <= count; ++i) all.push_back({"j" + std::to_string(i), 1, i});
  return all;
}

class UsageWalkTest : public testing::Test {
 protected:
  ~UsageWalkTest() override { host.release_all(); }

  UsageReading walk(int count) {
    std::optional<UsageReading> result;
    context.restart();
    usage_walk.begin(keys(count),
                     [&](UsageReading reading) { loop.post([&, reading = std::move(reading)] { result = reading; }); });
    const auto guard = boost::asio::make_work_guard(context);
    while (!result && context.run_one_for(std::chrono::seconds{10}) > 0) {
    }
    return result.value_or(UsageReading{});
  }
  int reads(const std::string& name) {
    const std::lock_guard lock(host.mutex);
    return host.reads[name];
  }

  boost::asio::io_context context;
  SlowHost host;
  AsioLoop loop{context};  // after the host: its threads end first
  UsageWalk usage_walk{loop, host, {milliseconds{5}, milliseconds{200}}};
};

TEST_F(UsageWalkTest, EveryJailIsReadOnce) {
  const auto reading = walk(1000);
  EXPECT_EQ(reading.usage.size(), 1000U);
  EXPECT_EQ(reading.errors, 0U);
  for (const auto& [name, count] : host.reads) EXPECT_EQ(count, 1) << name;
}

TEST_F(UsageWalkTest, NoJailIsAWalkToo) {
  EXPECT_EQ(walk(0).usage.size(), 0U);
}

TEST_F(UsageWalkTest, AJailThatIsGoneIsNoError) {
  host.gone = {"j2"};
  const auto reading = walk(3);
  EXPECT_EQ(reading.usage.size(), 2U);
  EXPECT_EQ(reading.errors, 0U);
}

TEST_F(UsageWalkTest, AJailThatFailsCostsItselfOnly) {
  host.fail = {"j2"};
  const auto reading = walk(10);
  EXPECT_EQ(reading.usage.size(), 9U);
  EXPECT_EQ(reading.errors, 1U);
}

// R11.6: a slow kernel call costs that jail's usage, not the scrape.
TEST_F(UsageWalkTest, SlowJailsHoldUpNobodyElse) {
  host.hang = {"j2", "j3", "j500"};
  const auto reading = walk(1000);
  EXPECT_EQ(reading.usage.size(), 997U);
  EXPECT_EQ(reading.errors, 3U);
}

TEST_F(UsageWalkTest, AJailWhoseReadHasNotComeBackIsNotReadAgain) {
  host.hang = {"j2"};
  EXPECT_EQ(walk(10).errors, 1U);
  const auto again = walk(10);
  EXPECT_EQ(again.errors, 1U);
  EXPECT_EQ(again.usage.size(), 9U);
  EXPECT_LT(again.took, milliseconds{200}) << "nobody waits for it a second time";
  EXPECT_EQ(reads("j2"), 1);
}

TEST_F(UsageWalkTest, AJailIsReadAgainOnceItsReadHasComeBack) {
  host.hang = {"j2"};
  EXPECT_EQ(walk(10).errors, 1U);
  host.release_all();
  std::size_t errors = 1;
  for (int tries = 0; errors != 0 && tries < 1000; ++tries) errors = walk(10).errors;
  EXPECT_EQ(errors, 0U);
}

TEST_F(UsageWalkTest, WhenEveryReaderIsHeldTheWalkEndsWithWhatItHas) {
  for (int i = 1; i <= usage_readers_max; ++i) host.hang.insert("j" + std::to_string(i));
  const auto reading = walk(10);
  EXPECT_EQ(reading.usage.size(), 0U);
  EXPECT_EQ(reading.errors, 10U);
  const auto again = walk(10);
  EXPECT_EQ(again.errors, 10U) << "no more threads are lost to them";
}

}  // namespace
}  // namespace jaild::runtime
