#include "daemon/monitor/console.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/unit/daemon/monitor/temporary.h"

namespace jaild::monitor {
namespace {

class ConsoleTest : public Temporary {
 protected:
  void write_to(const std::string& phase, const std::string& text, LogStream stream = LogStream::out) {
    const auto pipe = console_.pipe(phase, stream);
    ASSERT_TRUE(pipe);
    ASSERT_EQ(::write(pipe->writer, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    console_.read_from(pipe->reader, now_);
    now_ += Console::look_interval;
  }
  // Without times and starts.
  std::string lines() {
    std::string text;
    std::ifstream file(place("www.log"));
    for (std::string line; std::getline(file, line);) text += line.substr(line.find(" 7 ") + 3) + "\n";
    return text;
  }

  // What a program does that prints all it can, and how it is read, until `seconds` have passed.
  void flood(const Console::Pipe& pipe, std::string_view line, std::chrono::seconds seconds) {
    ::fcntl(pipe.writer, F_SETFL, O_NONBLOCK);
    std::string piece;
    while (piece.size() < Console::read_max) piece += line;
    std::size_t at = 0;
    for (const auto end = now_ + seconds; now_ < end; now_ += Console::look_interval) {
      for (ssize_t wrote = 1; wrote > 0;) {
        wrote = ::write(pipe.writer, piece.data() + at, piece.size() - at);
        if (wrote > 0) printed_ += static_cast<std::uint64_t>(wrote);
        if (wrote > 0) at = (at + static_cast<std::size_t>(wrote)) % piece.size();
      }
      if (!console_.readers(now_).empty()) console_.read_from(pipe.reader, now_);
      console_.tick(now_);
    }
  }
  std::uint64_t written() {
    std::uint64_t size = 0;
    for (const auto& file : std::filesystem::directory_iterator(place(""))) size += file.file_size();
    return size;
  }
  static Result<UniqueFd> open_for_appending(const std::string& path) {
    UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!file) return Fail(Kind::host_refused, path);
    return file;
  }

  static constexpr std::uint64_t rate = 64 * 1024;
  Console::Clock::time_point now_ = Console::Clock::now();
  std::uint64_t printed_ = 0;
  Console console_{ConsoleLog(place("www.log"), 7), rate};
};

TEST_F(ConsoleTest, LinesAreCutAtNewlinesWhereverTheWritesWere) {
  write_to("main", "one\ntw");
  write_to("exec.stop", "between\r\n", LogStream::err);
  write_to("main", "o\n\nrest");
  EXPECT_EQ(lines(), "main out one\nexec.stop err between\nmain out two\nmain out \n");
  console_.drain();
  EXPECT_TRUE(lines().ends_with("main out rest\n"));
}

TEST_F(ConsoleTest, ALongLineIsCutAndItsPiecesAreMarked) {
  write_to("main", std::string(Console::line_max, 'a') + "\n" + std::string(Console::line_max + 5, 'b') + "\n");
  console_.drain();
  EXPECT_EQ(lines(), "main out " + std::string(Console::line_max, 'a') + "\nmain out+ " +
                         std::string(Console::line_max, 'b') + "\nmain out bbbbb\n");
}

TEST_F(ConsoleTest, ALongLineIsCutBetweenCharacters) {
  for (const std::string character : {"\u00e9", "\u20ac", "\U0001f600"}) {
    for (std::size_t inside = 1; inside < character.size(); ++inside) {
      std::filesystem::remove(place("www.log"));
      const std::string before(Console::line_max - inside, 'x');
      write_to("main", before + character + " after\n");
      EXPECT_EQ(lines(), "main out+ " + before + "\nmain out " + character + " after\n") << inside;
    }
  }
}

TEST_F(ConsoleTest, WhatIsNoTextIsCutAllTheSame) {
  write_to("main", std::string(3 * Console::line_max, '\x80') + "\n");
  EXPECT_EQ(lines().size(), 3 * Console::line_max + std::string("main out+ \nmain out+ \nmain out \n").size());
}

TEST_F(ConsoleTest, TheBeginningOfALineIsToldAfterASecondOfSilence) {
  write_to("main", "login: ");
  console_.tick(now_);
  EXPECT_EQ(lines(), "");
  ASSERT_TRUE(console_.next_deadline());
  now_ += Console::silence;
  EXPECT_LE(*console_.next_deadline(), now_);
  console_.tick(now_);
  EXPECT_EQ(lines(), "main out+ login: \n");
  EXPECT_FALSE(console_.next_deadline()) << "the same silence is told once";
  write_to("main", "me\nnext\n");
  EXPECT_EQ(lines(), "main out+ login: \nmain out me\nmain out next\n");
}

TEST_F(ConsoleTest, SilenceDoesNotCutACharacterNorALineEnd) {
  write_to("main", "caf\xc3");
  console_.tick(now_ += Console::silence);
  write_to("main", "\xa9\r");
  console_.tick(now_ += Console::silence);
  write_to("main", "\n");
  EXPECT_EQ(lines(), "main out+ caf\nmain out+ \xc3\xa9\nmain out \n");
}

TEST_F(ConsoleTest, WhatIsBeyondTheRateIsDroppedCountedAndTold) {
  const auto pipe = console_.pipe("main", LogStream::out);
  ASSERT_TRUE(pipe);
  flood(*pipe, "y\n", std::chrono::seconds(20));
  const std::uint64_t most = rate * (LogRate::burst_seconds + 20) + 26 * Console::read_max;
  EXPECT_LT(written(), most);
  EXPECT_GT(written(), most / 3);
  const std::string told = lines();
  EXPECT_NE(told.find(" bytes) dropped: over the log rate\n"), std::string::npos);
  EXPECT_GT(console_.log().lost_lines(), printed_ / 4) << "half of the bytes are line feeds, and most were dropped";
}

TEST_F(ConsoleTest, AFloodThatFitsIntoTheReadsIsCountedToTheLine) {
  const auto pipe = console_.pipe("main", LogStream::out);
  ASSERT_TRUE(pipe);
  const std::string line(200, 'x');
  constexpr int lines_all = 6000;  // with their heads more than the burst
  for (int i = 0; i < lines_all; ++i) {
    const std::string numbered = line + std::to_string(i) + "\n";
    ASSERT_EQ(::write(pipe->writer, numbered.data(), numbered.size()), static_cast<ssize_t>(numbered.size()));
    if (i % 100 != 99) continue;
    console_.read_from(pipe->reader, now_);
    now_ += Console::look_interval;
  }
  now_ += std::chrono::seconds(10);
  console_.tick(now_);
  std::uint64_t kept = 0;
  const std::string told = lines();
  for (std::size_t at = told.find("main out "); at != std::string::npos; at = told.find("main out ", at + 1)) ++kept;
  EXPECT_GT(console_.log().lost_lines(), 0U);
  EXPECT_EQ(kept + console_.log().lost_lines(), static_cast<std::uint64_t>(lines_all));
  const std::string notice = "jaild err " + std::to_string(console_.log().lost_lines()) + " lines (";
  EXPECT_NE(told.find(notice), std::string::npos) << told.substr(told.size() - 200);
}

TEST_F(ConsoleTest, TheLogGoesOnOnceTheFloodIsOver) {
  const auto pipe = console_.pipe("main", LogStream::out);
  ASSERT_TRUE(pipe);
  flood(*pipe, "y\n", std::chrono::seconds(10));
  std::array<char, Console::read_max> rest;
  while (::read(pipe->reader, rest.data(), rest.size()) > 0) {
  }
  now_ += std::chrono::seconds(60);
  console_.tick(now_);
  EXPECT_TRUE(lines().ends_with("dropped: over the log rate\n")) << "also without another line";
  write_to("main", "\nback\n");
  EXPECT_TRUE(lines().ends_with("main out back\n")) << lines().substr(lines().size() - 200);
}

TEST_F(ConsoleTest, BetweenTwoLooksTheLoudJailIsNotHeard) {
  write_to("main", "one\n");
  now_ -= Console::look_interval;
  EXPECT_TRUE(console_.readers(now_).empty());
  ASSERT_TRUE(console_.next_deadline());
  EXPECT_EQ(console_.readers(*console_.next_deadline()).size(), 1U);
}

TEST_F(ConsoleTest, AFileGetsTheBytesAsTheyAre) {
  const auto open = [this] { return open_for_appending(place("console")); };
  const auto pipe = console_.file_pipe(place("console"), open);
  ASSERT_TRUE(pipe);
  ASSERT_EQ(::write(pipe->writer, "a\x1b\0b\nc", 6), 6);
  console_.read_from(pipe->reader, now_);
  EXPECT_EQ(content(place("console")), std::string("a\x1b\0b\nc", 6));
  EXPECT_EQ(lines(), "");
  EXPECT_EQ(console_.file_pipe(place("console"), open)->writer, pipe->writer);
  EXPECT_FALSE(console_.file_pipe(place("no/console"), [] { return Fail(Kind::host_refused, "no"); }));
}

TEST_F(ConsoleTest, AFileIsHeldToTheRateToo) {
  const auto pipe = console_.file_pipe(place("console"), [this] { return open_for_appending(place("console")); });
  ASSERT_TRUE(pipe);
  flood(*pipe, "0123456789\n", std::chrono::seconds(20));
  EXPECT_LT(written(), rate * (LogRate::burst_seconds + 20) + 2 * Console::read_max);
  EXPECT_NE(lines().find("dropped: over the log rate"), std::string::npos);
}

TEST_F(ConsoleTest, AFileThatWasRenamedIsMadeAgain) {
  const auto pipe = console_.file_pipe(place("console"), [this] { return open_for_appending(place("console")); });
  ASSERT_TRUE(pipe);
  std::filesystem::rename(place("console"), place("console.0"));
  ASSERT_EQ(::write(pipe->writer, "new", 3), 3);
  console_.read_from(pipe->reader, now_ + std::chrono::seconds(2));
  EXPECT_EQ(content(place("console")), "new");
}

TEST_F(ConsoleTest, PhasesHaveABound) {
  for (std::size_t i = 0; i < 2 * Console::phases_max; ++i) {
    EXPECT_TRUE(console_.pipe("p" + std::to_string(i), LogStream::out));
    EXPECT_TRUE(console_.pipe("p" + std::to_string(i), LogStream::err));
  }
  EXPECT_EQ(console_.readers(now_).size(), 2 * Console::phases_max);
}

TEST_F(ConsoleTest, APhaseKeepsItsPipe) {
  const auto first = console_.pipe("main", LogStream::out);
  ASSERT_TRUE(console_.pipe("exec.stop", LogStream::out));
  EXPECT_EQ(console_.pipe("main", LogStream::out)->writer, first->writer);
}

// /dev/full is the disk that is full.
TEST_F(ConsoleTest, WhyNothingGetsIntoExecConsolelogIsKnownUntilItDoesAgain) {
  std::string target = "/dev/full";
  const auto pipe = console_.file_pipe(place("console"), [&target] { return open_for_appending(target); });
  ASSERT_TRUE(pipe);
  const auto print = [&](std::string_view text) {
    ASSERT_EQ(::write(pipe->writer, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    console_.read_from(pipe->reader, now_);
    now_ += std::chrono::seconds(2);  // the file is opened anew
  };
  EXPECT_EQ(console_.losses(), Console::Losses{});
  print("one\ntwo\n");
  EXPECT_EQ(console_.losses(),
            (Console::Losses{2, "exec.consolelog " + place("console") + ": No space left on device"}));
  target = place("room");
  print("three\n");
  EXPECT_EQ(console_.losses(), (Console::Losses{2, ""}));
}

}  // namespace
}  // namespace jaild::monitor
