#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "api/jailconf/files.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::jailconf {
namespace {

TEST(DiskFiles, ReadsRegularFilesUpToTheBound) {
  const tests::TemporaryDirectory directory;
  const std::string path = directory.path() / "a.conf";
  std::ofstream(path) << "12345";
  DiskFiles files;
  EXPECT_EQ(files.read(path, 5).value_or(""), "12345");
  EXPECT_EQ(files.read(path, 4).error().kind, Kind::too_large);
  EXPECT_EQ(files.read(path + "x", 5).error().kind, Kind::missing);
  EXPECT_EQ(files.read(directory.path(), 5).error().message, directory.path().string() + ": not a regular file");
}

// A FIFO without a writer would hold the reader for ever.
TEST(DiskFiles, AFifoIsRefusedAtOnce) {
  const tests::TemporaryDirectory directory;
  const std::string path = directory.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  DiskFiles files;
  EXPECT_EQ(files.read(path, 5).error().message, path + ": not a regular file");
}

TEST(DiskFiles, GlobIsSortedAndBounded) {
  const tests::TemporaryDirectory directory;
  for (const char* name : {"b.conf", "a.conf", "c.txt"}) std::ofstream(directory.path() / name) << "x";
  DiskFiles files;
  const std::string pattern = directory.path() / "*.conf";
  EXPECT_EQ(files.glob(pattern, 2).value_or(std::vector<std::string>{}),
            (std::vector<std::string>{directory.path() / "a.conf", directory.path() / "b.conf"}));
  EXPECT_EQ(files.glob(pattern, 1).error().kind, Kind::too_large);
  EXPECT_TRUE(files.glob(directory.path() / "*.none", 1).value_or(std::vector<std::string>{"x"}).empty());
}

TEST(TextInFront, HidesOneFile) {
  const std::string text = "from memory";
  DiskFiles disk;
  TextInFront files("stdin", text, disk);
  EXPECT_EQ(files.read("stdin", 100).value_or(""), "from memory");
  EXPECT_EQ(files.read("stdin", 3).error().kind, Kind::too_large);
  EXPECT_EQ(files.read("/nowhere/at/all", 3).error().kind, Kind::missing);
}

}  // namespace
}  // namespace jaild::jailconf
