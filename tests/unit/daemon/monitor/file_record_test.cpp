#include "daemon/monitor/file_record.h"

#include <sys/stat.h>

#include "tests/unit/daemon/monitor/temporary.h"

namespace jaild::monitor {
namespace {

class FileRecord : public Temporary {};

TEST_F(FileRecord, IsReplacedWholeAndPrivate) {
  ASSERT_TRUE(write_record(place("1.json"), "long text\n"));
  ASSERT_TRUE(write_record(place("1.json"), "short\n"));
  EXPECT_EQ(content(place("1.json")), "short\n");
  EXPECT_FALSE(std::filesystem::exists(place("1.json.tmp")));
  EXPECT_EQ(std::filesystem::status(place("1.json")).permissions(), std::filesystem::perms(0600));
}

TEST_F(FileRecord, RemovingTwiceIsSuccess) {
  ASSERT_TRUE(write_record(place("1.json"), "x"));
  EXPECT_TRUE(remove_record(place("1.json")));
  EXPECT_TRUE(remove_record(place("1.json")));
}

TEST_F(FileRecord, AMissingDirectoryIsNamed) {
  const auto written = write_record(place("none/1.json"), "x");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("none/1.json"), std::string::npos);
}

TEST_F(FileRecord, ReadingIsBoundedAndNeverWaits) {
  ASSERT_TRUE(write_record(place("big"), std::string(100, 'x')));
  EXPECT_TRUE(read_small_file(place("big"), 100));
  EXPECT_EQ(read_small_file(place("big"), 99).error().kind, Kind::too_large);
  ASSERT_EQ(::mkfifo(place("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_small_file(place("fifo"), 100));
  EXPECT_FALSE(read_small_file("/dev/zero", 100));
}

}  // namespace
}  // namespace jaild::monitor
