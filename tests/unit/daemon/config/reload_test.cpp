#include "daemon/reload.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/fakes/temporary_directory.h"

namespace jaild {
namespace {

class Reload : public ::testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(path_) << text; }
  DaemonOptions start(const std::string& text) {
    write(text);
    auto parsed = parse_command_line({"--config", path_, "--host", "sim"});
    EXPECT_TRUE(std::holds_alternative<DaemonOptions>(parsed));
    return std::get<DaemonOptions>(parsed);
  }

  const tests::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() / "jaild.conf";
};

TEST_F(Reload, LiveSettingsAreInForceAtOnceAndOthersWait) {
  DaemonOptions present = start("log_level = info; state_dir = /a;");
  write("log_level = error; state_dir = /b; parallel_starts = 3; stop_timeout = 7; shutdown_timeout = 9;");
  int calls = 0;
  reload(present, [&](const DaemonOptions& options) {
    ++calls;
    EXPECT_EQ(options.log_level, "error");
    EXPECT_EQ(options.parallel_starts, 3);
    EXPECT_EQ(options.stop_timeout, std::chrono::seconds{7});
    EXPECT_EQ(options.shutdown_timeout, std::chrono::seconds{9});
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(present.state_dir, "/a");
  // What waits is said again by the next reload; what is in force is not.
  const auto parsed = parse_command_line(present.arguments);
  const auto changes = changed_settings(present, std::get<DaemonOptions>(parsed));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].name, "state_dir");
  EXPECT_EQ(changes[0].value, "/b");
  EXPECT_FALSE(changes[0].live);
}

TEST_F(Reload, AMistakeChangesNothing) {
  DaemonOptions present = start("log_level = info;");
  write("log_level = error; stop_timeout = never;");
  reload(present, [](const DaemonOptions&) { ADD_FAILURE() << "something was applied"; });
  EXPECT_EQ(present.log_level, "info");
}

TEST_F(Reload, NothingNewIsNothingToApply) {
  DaemonOptions present = start("log_level = info;");
  reload(present, [](const DaemonOptions&) { ADD_FAILURE() << "something was applied"; });
}

TEST_F(Reload, ASettingThatIsGoneHasItsDefaultAgain) {
  DaemonOptions present = start("log_level = debug; listen = \"unix:/x\";");
  write("");
  int calls = 0;
  reload(present, [&](const DaemonOptions& options) {
    ++calls;
    EXPECT_EQ(options.log_level, "info");
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace jaild
