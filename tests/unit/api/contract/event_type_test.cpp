#include "api/contract/event_type.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace jaild {
namespace {

TEST(EventType, EveryWordIsOneTypeAndBack) {
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < event_type_count; ++i) {
    const auto type = static_cast<EventType>(i);
    EXPECT_TRUE(words.insert(to_string(type)).second) << to_string(type);
    EXPECT_EQ(event_type_from(to_string(type)), type);
  }
  EXPECT_EQ(words.size(), event_type_count);
  for (const char* word : {"", "jail", "jail.", "jail.start", "Jail.started"})
    EXPECT_FALSE(event_type_from(word)) << word;
}

// What users read of.
TEST(EventType, EachIsInTheDocumentAndNoOtherIs) {
  std::ifstream file(JAILD_SOURCE_DIR "/doc/events.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  std::set<std::string> in_table;
  for (std::size_t at = text.find("\n| `"); at != std::string::npos; at = text.find("\n| `", at + 1)) {
    const std::string cell = text.substr(at + 2, text.find('|', at + 3) - at - 2);
    for (std::size_t quote = cell.find('`'); quote != std::string::npos;) {
      const std::size_t end = cell.find('`', quote + 1);
      in_table.insert(cell.substr(quote + 1, end - quote - 1));
      quote = cell.find('`', end + 1);
    }
  }
  for (const auto& word : in_table) EXPECT_TRUE(event_type_from(word)) << word << " is in doc/events.md only";
  for (std::size_t i = 0; i < event_type_count; ++i) {
    const auto type = static_cast<EventType>(i);
    if (type == EventType::jail_step) continue;  // no history, so it stands below the table
    EXPECT_TRUE(in_table.contains(std::string(to_string(type)))) << to_string(type) << " is not in doc/events.md";
  }
  EXPECT_NE(text.find("`jail.step`"), std::string::npos);
}

}  // namespace
}  // namespace jaild
