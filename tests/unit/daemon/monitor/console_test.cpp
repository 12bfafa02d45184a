#include "daemon/monitor/console.h"

#include <unistd.h>

#include <algorithm>

#include "tests/unit/daemon/monitor/temporary.h"

namespace jaild::monitor {
namespace {

class ConsoleTest : public Temporary {
 protected:
  void write_to(const std::string& phase, const std::string& text, LogStream stream = LogStream::out) {
    const auto pipe = console_.pipe(phase, stream);
    ASSERT_TRUE(pipe);
    ASSERT_EQ(::write(pipe->writer, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    console_.read_from(pipe->reader);
  }
  // Without times and starts.
  std::string lines() {
    std::string text;
    std::ifstream file(place("www.log"));
    for (std::string line; std::getline(file, line);) text += line.substr(line.find(" 7 ") + 3) + "\n";
    return text;
  }

  Console console_{ConsoleLog(place("www.log"), 7)};
};

TEST_F(ConsoleTest, LinesAreCutAtNewlinesWhereverTheWritesWere) {
  write_to("main", "one\ntw");
  write_to("exec.stop", "between\r\n", LogStream::err);
  write_to("main", "o\n\nrest");
  EXPECT_EQ(lines(), "main out one\nexec.stop err between\nmain out two\nmain out \n");
  console_.drain();
  EXPECT_TRUE(lines().ends_with("main out rest\n"));
}

TEST_F(ConsoleTest, ALongLineIsCut) {
  write_to("main", std::string(Console::line_max, 'a') + "\n" + std::string(Console::line_max + 5, 'b') + "\n");
  console_.drain();
  EXPECT_EQ(lines(), "main out " + std::string(Console::line_max, 'a') + "\nmain out " +
                         std::string(Console::line_max, 'b') + "\nmain out bbbbb\n");
}

TEST_F(ConsoleTest, PhasesHaveABound) {
  for (std::size_t i = 0; i < 2 * Console::phases_max; ++i) {
    EXPECT_TRUE(console_.pipe("p" + std::to_string(i), LogStream::out));
    EXPECT_TRUE(console_.pipe("p" + std::to_string(i), LogStream::err));
  }
  EXPECT_EQ(console_.readers().size(), 2 * Console::phases_max);
}

TEST_F(ConsoleTest, APhaseKeepsItsPipe) {
  const auto first = console_.pipe("main", LogStream::out);
  ASSERT_TRUE(console_.pipe("exec.stop", LogStream::out));
  EXPECT_EQ(console_.pipe("main", LogStream::out)->writer, first->writer);
}

}  // namespace
}  // namespace jaild::monitor
