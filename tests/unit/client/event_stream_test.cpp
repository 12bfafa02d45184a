#include "client/event_stream.h"

#include <gtest/gtest.h>

namespace jaild::client {
namespace {

constexpr const char* stream =
    "retry: 20\n\n: still here\n\nid: 1\nevent: jail.started\ndata: {\"a\":1}\n\nid:2\r\ndata: x\r\ndata: y\r\n\r\nid: "
    "3\n\n";

TEST(EventStream, GivesTheSameEventsHoweverItIsCut) {
  const std::string_view text = stream;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    EventStreamReader reader;
    std::vector<ServerEvent> events;
    for (std::size_t at = 0; at < text.size(); at += size) {
      for (const ServerEvent& event : reader.feed(text.substr(at, size))) events.push_back(event);
    }
    ASSERT_EQ(events.size(), 2U) << size;
    EXPECT_EQ(events[0].id, "1");
    EXPECT_EQ(events[0].type, "jail.started");
    EXPECT_EQ(events[0].data, "{\"a\":1}");
    EXPECT_EQ(events[1].id, "2");
    EXPECT_EQ(events[1].data, "x\ny");
    EXPECT_EQ(reader.retry(), std::chrono::milliseconds(20));
  }
}

TEST(EventStream, IgnoresARetryThatIsNone) {
  EventStreamReader reader;
  for (const char* line : {"retry: x\n", "retry: -1\n", "retry: 99999999999\n", "retry: 5s\n", "retry\n"})
    reader.feed(line);
  EXPECT_FALSE(reader.retry());
}

TEST(EventStream, GivesUpOnALineWithoutEnd) {
  EventStreamReader reader;
  for (int piece = 0; piece < 40 && !reader.broken(); ++piece) reader.feed(std::string(65536, 'x'));
  EXPECT_TRUE(reader.broken());
  EXPECT_TRUE(reader.feed("\ndata: x\n\n").empty());
}

}  // namespace
}  // namespace jaild::client
