// jaild's end of the protocol against the real program: what one says is what the other reads.
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "daemon/host/monitor_link.h"
#include "tests/e2e/monitor/driver.h"

namespace jaild::monitor {
namespace {

class LinkToRealMonitor : public MonitorTest {
 protected:
  void SetUp() override {
    MonitorTest::SetUp();
    if (IsSkipped()) return;
    link_ = std::make_unique<host::MonitorLink>(
        io_, host::MonitorPaths{place("run"), place("state"), place("log"), JAILD_MONITOR_PATH, {}},
        host::MonitorLink::Handlers{[](const core::JailKey&, const LastExit&) {}, [](const core::JailKey&) {},
                                    [](const core::JailKey&) {}, [](const core::JailKey&, const core::LogTrouble&) {},
                                    [](const core::JailKey&) {}});
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    if (link_) {
      link_->stop();
      work_.reset();
      thread_.join();
    }
    MonitorTest::TearDown();
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  std::unique_ptr<host::MonitorLink> link_;
  std::thread thread_;
};

TEST_F(LinkToRealMonitor, AnAdoptedJailIsKnownByItsJid) {
  const int jid = create()["jid"].get<int>();
  kill_monitor();
  const core::JailKey key{name_, run_, jid};
  ASSERT_TRUE(link_->open(key));
  ASSERT_EQ(link_->monitors().front().key.jid, 0) << "it was not told yet";
  const auto adopted = link_->ask(run_, {{"request", "adopt"}, {"jid", jid}}, 10s);
  ASSERT_TRUE(adopted) << adopted.error().message;
  ASSERT_EQ(link_->monitors().size(), 1U);
  EXPECT_EQ(link_->monitors().front().key, key);
}

}  // namespace
}  // namespace jaild::monitor
