#include "daemon/runtime/log_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "api/contract/json.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::runtime {
namespace {

class LogReaderTest : public testing::Test {
 protected:
  // Line `number` of start `start`, `number` seconds after noon.
  static std::string line(int number, int start = 1) {
    const auto at = *parse_rfc3339("2026-01-31T12:00:00Z") + std::chrono::seconds(number);
    return log_time(at) + " " + std::to_string(start) + " command out " + std::to_string(number) + "\n";
  }
  static std::string lines(int first, int last, int start = 1) {
    std::string text;
    for (int n = first; n <= last; ++n) text += line(n, start);
    return text;
  }
  [[nodiscard]] std::string path() const { return (directory_.path() / "www.log").string(); }
  void add(const std::string& text, const std::string& suffix = "") const {
    std::ofstream(path() + suffix, std::ios::app) << text;
  }
  void rotate() const {
    for (int i = log_generations; i > 0; --i) {
      std::error_code ignored;
      std::filesystem::rename(path() + (i == 1 ? "" : "." + std::to_string(i - 1)), path() + "." + std::to_string(i),
                              ignored);
    }
  }

  // The numbers of all lines up to the end.
  static std::vector<int> read(LogReader& reader) {
    std::vector<int> numbers;
    constexpr int pages_max = 10'000;
    for (int i = 0; i < pages_max; ++i) {
      const auto page = reader.next();
      EXPECT_TRUE(page) << page.error().message;
      if (!page) break;
      for (const LogLine& each : page->lines) numbers.push_back(std::stoi(each.text));
      if (page->end) break;
    }
    return numbers;
  }
  [[nodiscard]] std::vector<int> read_all(LogQuery query) const {
    LogReader reader(path(), query);
    return read(reader);
  }
  static std::vector<int> range(int first, int last) {
    std::vector<int> numbers;
    for (int n = first; n <= last; ++n) numbers.push_back(n);
    return numbers;
  }

 private:
  tests::TemporaryDirectory directory_;
};

TEST_F(LogReaderTest, NoLogHasNoLines) {
  LogReader reader(path(), {});
  const auto page = reader.next();
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->lines.empty());
  EXPECT_TRUE(page->over);
  EXPECT_EQ(read_all({.tail = 3, .since = {}, .start = 0, .follow = false}), range(1, 0));
}

TEST_F(LogReaderTest, OlderFilesComeFirst) {
  add(lines(1, 3), ".3");
  add(lines(4, 5), ".2");
  add(lines(6, 6), ".1");
  add(lines(7, 9));
  EXPECT_EQ(read_all({}), range(1, 9));
}

TEST_F(LogReaderTest, ALongLogComesInPagesOfBoundedSize) {
  constexpr int count = 20'000;
  add(lines(1, count / 2), ".1");
  add(lines(count / 2 + 1, count));
  LogReader reader(path(), {});
  std::size_t longest = 0;
  int told = 0;
  for (bool end = false; !end;) {
    const auto page = reader.next();
    ASSERT_TRUE(page);
    longest = std::max(longest, page->lines.size());
    for (const LogLine& each : page->lines) ASSERT_EQ(each.text, std::to_string(++told));
    end = page->end;
  }
  EXPECT_EQ(told, count);
  EXPECT_LE(longest, LogReader::page_bytes / line(1).size() + 1);
}

TEST_F(LogReaderTest, TheTailIsCountedOverAllFiles) {
  add(lines(1, 5000), ".1");
  add(lines(5001, 5003));
  EXPECT_EQ(read_all({.tail = 2, .since = {}, .start = {}, .follow = false}), range(5002, 5003));
  EXPECT_EQ(read_all({.tail = 10, .since = {}, .start = {}, .follow = false}), range(4994, 5003));
  EXPECT_EQ(read_all({.tail = 100'000, .since = {}, .start = {}, .follow = false}), range(1, 5003));
  EXPECT_EQ(read_all({.tail = 0, .since = {}, .start = {}, .follow = false}), range(1, 0));
}

TEST_F(LogReaderTest, LinesSinceATimeOnly) {
  add(lines(1, 9));
  const auto since = parse_rfc3339("2026-01-31T12:00:07Z");
  EXPECT_EQ(read_all({.tail = {}, .since = since, .start = {}, .follow = false}), range(7, 9));
  EXPECT_EQ(read_all({.tail = 2, .since = since, .start = {}, .follow = false}), range(8, 9));
  EXPECT_EQ(read_all({.tail = 5, .since = since, .start = {}, .follow = false}), range(7, 9));
}

TEST_F(LogReaderTest, LinesOfOneStartOnly) {
  add(lines(1, 3, 11) + lines(4, 5, 17), ".1");
  add(lines(6, 6, 17) + lines(7, 9, 30));
  EXPECT_EQ(read_all({.tail = {}, .since = {}, .start = 17, .follow = false}), range(4, 6));
  EXPECT_EQ(read_all({.tail = 1, .since = {}, .start = 17, .follow = false}), range(6, 6));
  EXPECT_EQ(read_all({.tail = {}, .since = {}, .start = 0, .follow = false}), range(7, 9));
  EXPECT_EQ(read_all({.tail = {}, .since = {}, .start = -1, .follow = false}), range(4, 6));
  EXPECT_EQ(read_all({.tail = 2, .since = {}, .start = -2, .follow = false}), range(2, 3));
  EXPECT_EQ(read_all({.tail = {}, .since = {}, .start = -3, .follow = false}), range(1, 0));
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(read_all({.tail = {}, .since = {}, .start = least, .follow = false}), range(1, 0));
  EXPECT_EQ(read_all({.tail = 2, .since = {}, .start = least + 1, .follow = false}), range(1, 0));
  EXPECT_EQ(read_all({.tail = {}, .since = {}, .start = 12, .follow = false}), range(1, 0));
}

TEST_F(LogReaderTest, WhatIsNoLineIsLeftOut) {
  add("nonsense\n" + line(1) + "2026-01-31T12:00:00.000Z 1 comm\n" + line(2) + "2026-01-31T12:00");
  EXPECT_EQ(read_all({}), range(1, 2));
  EXPECT_EQ(read_all({.tail = 5, .since = {}, .start = {}, .follow = false}), range(1, 2));
}

TEST_F(LogReaderTest, AFollowerSeesWhatIsWrittenOnceItIsALine) {
  LogReader reader(path(), {.tail = {}, .since = {}, .start = {}, .follow = true});
  EXPECT_EQ(read(reader), range(1, 0));
  add(lines(1, 2));
  EXPECT_EQ(read(reader), range(1, 2));
  const std::string third = line(3);
  add(third.substr(0, 20));
  EXPECT_EQ(read(reader), range(1, 0));
  add(third.substr(20));
  EXPECT_EQ(read(reader), range(3, 3));
}

TEST_F(LogReaderTest, AFollowerMissesNothingOverRotations) {
  add(lines(1, 2));
  LogReader reader(path(), {.tail = 1, .since = {}, .start = {}, .follow = true});
  EXPECT_EQ(read(reader), range(2, 2));
  add(lines(3, 4));
  rotate();
  add(lines(5, 6));
  rotate();
  add(lines(7, 7));
  EXPECT_EQ(read(reader), range(3, 7));
  rotate();
  EXPECT_EQ(read(reader), range(1, 0));
  add(lines(8, 8));
  EXPECT_EQ(read(reader), range(8, 8));
}

TEST_F(LogReaderTest, AFollowerThatFellBehindAllFilesGoesOnWithTheOldest) {
  add(lines(1, 1));
  LogReader reader(path(), {.tail = {}, .since = {}, .start = {}, .follow = true});
  EXPECT_EQ(read(reader), range(1, 1));
  for (int n = 2; n <= 6; ++n) {
    rotate();
    add(line(n));
  }
  EXPECT_EQ(read(reader), range(3, 6));
}

TEST_F(LogReaderTest, AFollowerOfAnEmptiedFileGoesOn) {
  add(lines(1, 5));
  LogReader reader(path(), {.tail = {}, .since = {}, .start = {}, .follow = true});
  EXPECT_EQ(read(reader), range(1, 5));
  std::filesystem::resize_file(path(), 0);
  add(lines(6, 6));
  EXPECT_EQ(read(reader), range(6, 6));
}

TEST_F(LogReaderTest, AFollowerOfOneStartIsDoneWhenTheNextBegins) {
  add(lines(1, 2, 5));
  LogReader reader(path(), {.tail = {}, .since = {}, .start = 0, .follow = true});
  EXPECT_EQ(read(reader), range(1, 2));
  add(lines(3, 3, 5) + lines(4, 4, 6));
  std::vector<LogLine> told;
  bool over = false;
  for (int i = 0; i < 3 && !over; ++i) {
    const auto page = reader.next();
    ASSERT_TRUE(page);
    told.insert(told.end(), page->lines.begin(), page->lines.end());
    over = page->over;
  }
  EXPECT_TRUE(over);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text, "3");
}

TEST_F(LogReaderTest, ALinkIsNotFollowed) {
  std::filesystem::create_symlink("/etc/passwd", path());
  LogReader reader(path(), {});
  const auto page = reader.next();
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, path() + " is no file any more: move away what stands in its place");
}

TEST_F(LogReaderTest, ADirectoryInPlaceOfTheLogIsSaid) {
  std::filesystem::create_directory(path());
  LogReader reader(path(), {});
  const auto page = reader.next();
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().message, path() + " is no file any more: move away what stands in its place");
}

}  // namespace
}  // namespace jaild::runtime
