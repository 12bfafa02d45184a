#include "client/output.h"

#include <sstream>

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

using namespace std::chrono_literals;

TEST(Output, EscapesWhateverCouldDriveATerminal) {
  EXPECT_EQ(printable("web \x1b[31mred\x07"), "web \\x1b[31mred\\x07");
  EXPECT_EQ(printable("a\nb\r\tc\x7f"), "a\\nb\\r\\tc\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\u{009b}2J");
  EXPECT_EQ(printable("\xe2\x80\xaetxt"), "\\u{202e}txt");
}

TEST(Output, KeepsTextAndMarksBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("größe ✓ 日本 \xf0\x9f\x98\x80"), "größe ✓ 日本 \xf0\x9f\x98\x80");
  for (const char* bad : {"\xff", "\x80", "\xc0", "\xf5"}) {
    EXPECT_EQ(printable(bad).substr(0, 2), "\\x") << printable(bad);
  }
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Output, LinesKeepTheirBreaks) {
  EXPECT_EQ(printable_lines("a\n\tb\x1b"), "a\n\tb\\x1b");
}

TEST(Output, ALineOfATableDoesNotWrap) {
  Table table({"NAME", "REASON"});
  table.add({{"web"}, {"cannot be started: é is missing"}});
  const auto printed = [&](Style style) {
    std::ostringstream out;
    table.print(out, style);
    return out.str();
  };
  EXPECT_EQ(printed({.columns = 27}), "NAME  REASON\nweb   cannot be started: é~\n");
  EXPECT_EQ(printed({.utf8 = true, .columns = 26}), "NAME  REASON\nweb   cannot be started: …\n");
  for (const std::size_t wide_or_hopeless : {0, 5, 80}) {
    EXPECT_EQ(printed({.columns = wide_or_hopeless}), "NAME  REASON\nweb   cannot be started: é is missing\n");
  }
}

// A long name leaves no room for the last column, and a narrow window none for others.
TEST(Output, NoLineOfATableIsLongerThanTheTerminal) {
  Table table({"NAME", "STATE", "REASON"});
  table.add({{"a-jail-with-a-name"}, {"backoff", Colour::red}, {"exec.start: exited with 1"}});
  const auto printed = [&](std::size_t columns) {
    std::ostringstream out;
    table.print(out, {.columns = columns});
    return out.str();
  };
  EXPECT_EQ(printed(36), "NAME                STATE    REASON\na-jail-with-a-name  backoff  exec.s~\n");
  EXPECT_EQ(printed(30), "NAME                STATE    ~\na-jail-with-a-name  backoff  ~\n");
  EXPECT_EQ(printed(24), "NAME                STA~\na-jail-with-a-name  bac~\n");
  EXPECT_EQ(printed(20), "NAME\na-jail-with-a-name\n");
}

TEST(Output, TableAlignsColumnsAndShowsEmptyCells) {
  Table table({"NAME", "STATE"});
  table.add({{"größer"}, {"running"}});
  table.add({{"db"}, {""}});
  std::ostringstream out;
  table.print(out, {});
  EXPECT_EQ(out.str(), "NAME    STATE\ngrößer  running\ndb      -\n");
}

TEST(Output, ColoursDoNotShiftColumns) {
  Table table({"A", "B"});
  table.add({{"x", Colour::red}, {"y"}});
  std::ostringstream out;
  table.print(out, {.colour = true});
  EXPECT_EQ(out.str(), "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

TEST(Output, ColoursNeedATerminalThatWantsThem) {
  struct Row {
    bool tty;
    Environment environment;
    bool colour;
  };
  const Row rows[] = {{true, {}, true},
                      {false, {}, false},
                      {true, {{"NO_COLOR", "1"}}, false},
                      {true, {{"NO_COLOR", ""}}, true},
                      {true, {{"TERM", "dumb"}}, false}};
  for (const Row& row : rows) {
    std::istringstream in;
    std::ostringstream out;
    const Terminal terminal{in, out, out, row.tty, row.tty, row.tty, true, row.environment};
    EXPECT_EQ(terminal.out_style().colour, row.colour);
    EXPECT_EQ(terminal.err_style().colour, row.colour);
  }
}

TEST(Output, JsonIsAsciiAndKeepsItsValue) {
  const nlohmann::json value{{"reason", "gr\xc3\xb6\x1b\x7f"}};
  std::ostringstream out;
  print_json(out, value);
  EXPECT_EQ(out.str(), "{\n  \"reason\": \"gr\\u00f6\\u001b\\u007f\"\n}\n");
  EXPECT_EQ(nlohmann::json::parse(out.str()), value);
}

TEST(Output, DurationsReadAtAGlance) {
  EXPECT_EQ(duration_text(0ms), "0s");
  EXPECT_EQ(duration_text(5ms), "0.1s");
  EXPECT_EQ(duration_text(400ms), "0.4s");
  EXPECT_EQ(duration_text(8s), "8s");
  EXPECT_EQ(duration_text(192s), "3m12s");
  EXPECT_EQ(duration_text(7500s), "2h05m");
  EXPECT_EQ(duration_text(99h), "4d03h");
  EXPECT_EQ(duration_text(-5s), "0s");
}

TEST(Output, AmountsCarryTheUnitsOfRctl) {
  EXPECT_EQ(amount_text("memoryuse", 512.0 * 1024 * 1024), "512M");
  EXPECT_EQ(amount_text("memoryuse", 1536), "1.5K");
  EXPECT_EQ(amount_text("maxproc", 20000), "20000");
  EXPECT_EQ(amount_text("vmemoryuse", 1.8e19), "16E");
}

TEST(Output, StepsAreMarkedByHowTheyEnded) {
  const nlohmann::json good{{"step", "exec.start"}, {"command", "/bin/sh /etc/rc"}, {"ok", true}, {"seconds", 0.8}};
  const nlohmann::json bad{{"step", "mount"}, {"ok", false}, {"error", "no such\ndirectory"}};
  std::ostringstream out;
  print_step(out, good, {.utf8 = true});
  print_step(out, bad, {.utf8 = true});
  print_step(out, bad, {});
  EXPECT_EQ(
      out.str(),
      "  ✓ exec.start  /bin/sh /etc/rc  0.8s\n  ✗ mount: no such\\ndirectory\n  FAIL mount: no such\\ndirectory\n");
}

}  // namespace
}  // namespace jaild::client
