#include "daemon/monitor/console_log.h"

#include <sys/resource.h>

#include <cerrno>
#include <csignal>

#include "tests/unit/daemon/monitor/temporary.h"

namespace jaild::monitor {
namespace {

class ConsoleLogTest : public Temporary {
 protected:
  static void write(ConsoleLog& log, std::string_view phase, LogStream stream, std::string_view text,
                    std::chrono::system_clock::time_point now, bool partial = false) {
    log.add(phase, stream, text, now, partial);
    log.flush();
  }
};

constexpr std::chrono::system_clock::time_point noon{std::chrono::milliseconds{1769860800007}};

TEST_F(ConsoleLogTest, ALineHasTimeStartPhaseStreamAndText) {
  ConsoleLog log(place("www.log"), 7);
  write(log, "exec.start", LogStream::err, "hello", noon);
  EXPECT_EQ(content(place("www.log")), "2026-01-31T12:00:00.007Z 7 exec.start err hello\n");
}

TEST_F(ConsoleLogTest, AJailCannotForgeALine) {
  ConsoleLog log(place("www.log"), 7);
  write(log, "main", LogStream::out, "a\nb\x1b[2Jc\td", noon);
  EXPECT_EQ(content(place("www.log")), "2026-01-31T12:00:00.007Z 7 main out a?b?[2Jc\td\n");
}

// U+009B is to a terminal what ESC [ is; U+00A0 and U+00DB are characters.
TEST_F(ConsoleLogTest, AJailCannotSpeakToTheTerminalThatShowsItsLog) {
  ConsoleLog log(place("www.log"), 7);
  write(log, "main", LogStream::out,
        "a\xc2\x9b"
        "2Jb\xc2\x80\xc2\x9f\xc2\xa0\xc3\x9b\xc2",
        noon);
  EXPECT_EQ(content(place("www.log")), "2026-01-31T12:00:00.007Z 7 main out a?2Jb??\xc2\xa0\xc3\x9b\xc2\n");
}

TEST_F(ConsoleLogTest, RotationKeepsThreeOldOnesAndTheirSizeBounded) {
  constexpr std::uint64_t size_max = 200;
  ConsoleLog log(place("www.log"), 7, size_max);
  for (int i = 0; i < 100; ++i) write(log, "main", LogStream::out, "line " + std::to_string(i), noon);
  EXPECT_NE(content(place("www.log")).find("line 99"), std::string::npos);
  for (const char* name : {"www.log", "www.log.1", "www.log.2", "www.log.3"}) {
    ASSERT_TRUE(std::filesystem::exists(place(name))) << name;
    EXPECT_LE(std::filesystem::file_size(place(name)), size_max) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(place("www.log.4")));
  EXPECT_EQ(log.lost_lines(), 0U);
}

TEST_F(ConsoleLogTest, TheSizeOfAnEarlierMonitorsFileCounts) {
  {
    ConsoleLog log(place("www.log"), 7);
    write(log, "main", LogStream::out, std::string(300, 'x'), noon);
  }
  ConsoleLog log(place("www.log"), 8, 320);
  write(log, "main", LogStream::out, "first", noon);
  write(log, "main", LogStream::out, "second", noon);
  EXPECT_TRUE(std::filesystem::exists(place("www.log.1")));
}

// A file size limit stands for a full disk: write(2) is short first and fails then.
TEST_F(ConsoleLogTest, AFullDiskCostsLinesThatAreCountedAndReported) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  ConsoleLog log(place("www.log"), 7);
  write(log, "main", LogStream::out, "kept", noon);
  rlimit full = before;
  full.rlim_cur = 60;
  ::setrlimit(RLIMIT_FSIZE, &full);
  for (int i = 0; i < 5; ++i) write(log, "main", LogStream::out, "lost in the void, line " + std::to_string(i), noon);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(log.lost_lines(), 5U);
  write(log, "main", LogStream::out, "room again", noon);
  const std::string text = content(place("www.log"));
  EXPECT_NE(text.find("Z 7 jaild err 5 lines lost\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("Z 7 main out room again\n")) << text;
  EXPECT_EQ(log.lost_lines(), 5U);
}

TEST_F(ConsoleLogTest, APartialLineIsMarked) {
  ConsoleLog log(place("www.log"), 7);
  write(log, "main", LogStream::out, "login: ", noon, true);
  write(log, "main", LogStream::out, "me", noon);
  EXPECT_EQ(content(place("www.log")),
            "2026-01-31T12:00:00.007Z 7 main out+ login: \n2026-01-31T12:00:00.007Z 7 main out me\n");
}

TEST_F(ConsoleLogTest, ALogThatIsRemovedOrRenamedIsBegunAnew) {
  ConsoleLog log(place("www.log"), 7);
  write(log, "main", LogStream::out, "one", noon);
  std::filesystem::remove(place("www.log"));
  write(log, "main", LogStream::out, "two", noon);
  EXPECT_EQ(content(place("www.log")), "2026-01-31T12:00:00.007Z 7 main out two\n");
  std::filesystem::rename(place("www.log"), place("elsewhere"));
  write(log, "main", LogStream::out, "three", noon);
  EXPECT_EQ(content(place("www.log")), "2026-01-31T12:00:00.007Z 7 main out three\n");
  EXPECT_EQ(content(place("elsewhere")), "2026-01-31T12:00:00.007Z 7 main out two\n");
  EXPECT_EQ(log.lost_lines(), 0U);
}

TEST_F(ConsoleLogTest, ALogThatIsEmptiedBeginsToCountAgain) {
  ConsoleLog log(place("www.log"), 7, 400);
  write(log, "main", LogStream::out, std::string(300, 'x'), noon);
  std::filesystem::resize_file(place("www.log"), 0);
  write(log, "main", LogStream::out, std::string(300, 'y'), noon);
  EXPECT_FALSE(std::filesystem::exists(place("www.log.1")));
  EXPECT_NE(content(place("www.log")).find("yyy"), std::string::npos);
}

// Lines of one piece are written at once; a disk that fills up in the middle of them costs those that are not whole.
TEST_F(ConsoleLogTest, OfABatchTheLinesThatGotInAreNotLost) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  ConsoleLog log(place("www.log"), 7);
  const std::size_t line = log.add("main", LogStream::out, "line 0", noon);
  for (int i = 1; i < 5; ++i) log.add("main", LogStream::out, "line " + std::to_string(i), noon);
  rlimit full = before;
  full.rlim_cur = 3 * line + 5;
  ::setrlimit(RLIMIT_FSIZE, &full);
  log.flush();
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(log.lost_lines(), 2U);
  EXPECT_EQ(log.error(), EFBIG) << "a write that took a part is asked why not the rest";
  write(log, "main", LogStream::out, "room again", noon);
  EXPECT_EQ(log.error(), 0);
  const std::string text = content(place("www.log"));
  EXPECT_NE(text.find("main out line 2\n2026-\n2026-01-31T12:00:00.007Z 7 jaild err 2 lines lost\n"), std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with("Z 7 main out room again\n")) << text;
}

TEST_F(ConsoleLogTest, ADirectoryThatIsRemovedIsMadeAgain) {
  ConsoleLog log(place("logs/jails/www.log"), 7);
  write(log, "main", LogStream::out, "one", noon);
  std::filesystem::remove_all(place("logs/jails"));
  write(log, "main", LogStream::out, "two", noon);
  EXPECT_EQ(content(place("logs/jails/www.log")), "2026-01-31T12:00:00.007Z 7 main out two\n");
  std::filesystem::remove_all(place("logs"));
  write(log, "main", LogStream::out, "three", noon);
  EXPECT_EQ(content(place("logs/jails/www.log")), "2026-01-31T12:00:00.007Z 7 main out three\n");
  EXPECT_EQ(log.lost_lines(), 0U);
}

TEST_F(ConsoleLogTest, ADirectoryInPlaceOfTheLogCostsLinesUntilItIsGone) {
  std::filesystem::create_directory(place("www.log"));
  ConsoleLog log(place("www.log"), 7);
  write(log, "main", LogStream::out, "x", noon);
  EXPECT_EQ(log.lost_lines(), 1U);
  std::filesystem::remove(place("www.log"));
  write(log, "main", LogStream::out, "y", noon);
  EXPECT_EQ(content(place("www.log")),
            "2026-01-31T12:00:00.007Z 7 jaild err 1 lines lost\n2026-01-31T12:00:00.007Z 7 main out y\n");
}

TEST_F(ConsoleLogTest, ALogThatCannotBeOpenedCostsLinesOnly) {
  std::ofstream(place("file")) << "no directory";
  ConsoleLog log(place("file/www.log"), 7);
  write(log, "main", LogStream::out, "x", noon);
  EXPECT_EQ(log.lost_lines(), 1U);
  EXPECT_EQ(log.error(), ENOTDIR);
  std::filesystem::remove(place("file"));
  std::filesystem::create_directory(place("file"));
  write(log, "main", LogStream::out, "x", noon);
  EXPECT_EQ(log.error(), 0);
  EXPECT_EQ(log.lost_lines(), 1U);
}

TEST_F(ConsoleLogTest, ALinkInPlaceOfTheLogIsNotFollowed) {
  std::filesystem::create_symlink(place("elsewhere"), place("www.log"));
  ConsoleLog log(place("www.log"), 7);
  write(log, "main", LogStream::out, "x", noon);
  EXPECT_FALSE(std::filesystem::exists(place("elsewhere")));
  EXPECT_EQ(log.lost_lines(), 1U);
}

}  // namespace
}  // namespace jaild::monitor
