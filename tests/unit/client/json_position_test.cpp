#include "client/json_position.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild::client {
namespace {

constexpr const char* text = R"({
  "name": "web",
  "spec": {
    "params": { "path": "/a\"}{", "exec.start": ["one", "two"] },
    "a/b": { "~": 1 }
  }
})";

std::string where(std::string_view pointer) {
  const TextPosition at = locate(text, pointer);
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

TEST(JsonPosition, FindsTheValueOfAPointer) {
  EXPECT_EQ(where(""), "1:1");
  EXPECT_EQ(where("/name"), "2:11");
  EXPECT_EQ(where("/spec/params/path"), "4:25");
  EXPECT_EQ(where("/spec/params/exec.start/1"), "4:57");
  EXPECT_EQ(where("/spec/a~1b/~0"), "5:19");
}

TEST(JsonPosition, PointsAtTheObjectThatLacksAField) {
  EXPECT_EQ(where("/spec/params/host.hostname"), "4:15");
  EXPECT_EQ(where("/spec/params/exec.start/7"), "4:49");
  EXPECT_EQ(where("/name/deeper"), "2:11");
}

TEST(JsonPosition, StaysInsideBrokenText) {
  for (const char* broken : {"", "{", "{\"a\"", "{\"a\":", "[1,", "\"", "\"\\", "{\"a\" 1}", "]]]", "{,}"}) {
    for (const char* pointer : {"", "/a", "/1", "/a/b"})
      EXPECT_EQ(locate(broken, pointer).line, 1U) << broken << pointer;
  }
}

TEST(JsonPosition, SyntaxErrorsNameFileLineAndColumn) {
  const std::string broken = "{\n  \"a\": 1,\n  \"b\": x\n}";
  const std::string message = located_syntax_error("web.json", broken, parse_json(broken).error());
  EXPECT_EQ(message.substr(0, 14), "web.json:3:8: ") << message;
  EXPECT_EQ(message.find("column"), std::string::npos) << message;
  const std::string twice = "{\n  \"a\": 1,\n  \"a\": 2\n}";
  EXPECT_EQ(located_syntax_error("web.json", twice, parse_json(twice).error()).substr(0, 11), "web.json:3:");
}

}  // namespace
}  // namespace jaild::client
