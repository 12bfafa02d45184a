#include "daemon/host/linux/jail_record.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/host/linux/proc.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::host {
namespace {

namespace fs = std::filesystem;

class Records : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(directory_); }

  // As a monitor does: a whole file, renamed into place.
  void write(const std::string& name, int pid, const std::string& path) const {
    const auto stat = read_stat(::getpid());
    ASSERT_TRUE(stat);
    std::ofstream(directory_ / "new") << R"({"name":")" << name << R"(","run":7,"pid":)" << pid << R"(,"start_time":)"
                                      << stat->start_time << R"(,"path":")" << path << R"("})";
    fs::rename(directory_ / "new", directory_ / (name + ".json"));
  }
  // "NAME PATH" of each, in order.
  std::vector<std::string> live() {
    std::vector<std::string> found;
    for (const auto& each : records_.live()) found.push_back(each.name + " " + each.path);
    std::ranges::sort(found);
    return found;
  }

  const tests::TemporaryDirectory place_;
  const fs::path directory_ = place_.path() / "jails";
  JailRecords records_{place_.path().string()};
};

using Found = std::vector<std::string>;

TEST_F(Records, WhatIsRememberedIsWhatIsThere) {
  EXPECT_EQ(live(), Found{});
  write("a.b", ::getpid(), "/one");
  write("c", ::getpid(), "/two");
  EXPECT_EQ(live(), (Found{"a.b /one", "c /two"}));
  EXPECT_EQ(live(), (Found{"a.b /one", "c /two"}));
  write("a.b", ::getpid(), "/three");
  EXPECT_EQ(live(), (Found{"a.b /three", "c /two"}));
  fs::remove(directory_ / "c.json");
  EXPECT_EQ(live(), Found{"a.b /three"});
  write("c", ::getpid(), "/four");
  EXPECT_EQ(live(), (Found{"a.b /three", "c /four"}));
}

TEST_F(Records, WhatDoesNotLiveOrIsNoRecordIsLeftOut) {
  write("dead", 0x7fffffff, "/dead");
  std::ofstream(directory_ / "rubbish.json") << "{";
  std::ofstream(directory_ / "other.json") << R"({"name":"another","pid":1})";
  EXPECT_EQ(live(), Found{});
  EXPECT_EQ(live(), Found{});
  write("rubbish", ::getpid(), "/mended");
  EXPECT_EQ(live(), Found{"rubbish /mended"});
}

}  // namespace
}  // namespace jaild::host
