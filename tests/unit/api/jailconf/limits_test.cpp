// Nothing a file says makes the reader work, or remember, without bound (P8).
#include <gtest/gtest.h>

#include "api/jailconf/configuration.h"
#include "tests/fakes/memory_files.h"

namespace jaild::jailconf {
namespace {

using test::MemoryFiles;

Configuration read(const std::string& text, const Limits& limits = {}) {
  MemoryFiles files({{"/jail.conf", text}});
  return read_configuration("/jail.conf", files, limits);
}

bool limits_say(const Configuration& configuration, std::string_view words) {
  for (const Diagnostic& diagnostic : configuration.diagnostics) {
    if (diagnostic.message.find(words) != std::string::npos) return true;
  }
  return false;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Limits, AFileThatIsTooLargeIsRefused) {
  Limits limits;
  limits.bytes = 100;
  const Configuration configuration = read(repeated("#", 101), limits);
  EXPECT_FALSE(configuration.syntax_ok);
  EXPECT_TRUE(limits_say(configuration, "too large"));
  EXPECT_TRUE(read(repeated("#", 100), limits).ok());
}

TEST(Limits, IncludesShareTheBytes) {
  MemoryFiles files({{"/a", ".include \"b\", \"b\", \"b\";"}, {"/b", repeated("#", 40)}});
  Limits limits;
  limits.bytes = 120;
  EXPECT_TRUE(limits_say(read_configuration("/a", files, limits), "too large"));
  limits.bytes = 200;
  EXPECT_TRUE(read_configuration("/a", files, limits).ok());
}

TEST(Limits, ADoublingVariableEnds) {
  std::string text = "a { $v0 = 0123456789;\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "${v" + std::to_string(i - 1) + "}";
    text += "$v" + std::to_string(i) + " = " + before + before + ";\n";
  }
  const Configuration configuration = read(text + "path = $v59; }");
  EXPECT_FALSE(configuration.ok());
  EXPECT_TRUE(configuration.syntax_ok);
  EXPECT_TRUE(limits_say(configuration, "grow"));
}

TEST(Limits, ADoublingListEnds) {
  std::string text = "a { $v0 = 1, 2;\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "$v" + std::to_string(i - 1);
    text += "$v" + std::to_string(i) + " = " + before + ", " + before + ";\n";
  }
  EXPECT_TRUE(limits_say(read(text + "mount = $v59; }"), "grow"));
}

TEST(Limits, ALongChainOfVariablesIsNoRecursion) {
  std::string text = "a { path = $v0;\n";
  for (int i = 0; i < 9'000; ++i) text += "$v" + std::to_string(i) + " = $v" + std::to_string(i + 1) + ";\n";
  const Configuration configuration = read(text + "$v9000 = /end; }");
  ASSERT_TRUE(configuration.ok());
  EXPECT_EQ(configuration.jails.front().find("path")->values.front(), "/end");
}

TEST(Limits, AnIncludeLoopIsNamedOnce) {
  MemoryFiles files({{"/a", ".include \"b\", \"b\";"}, {"/b", ".include \"a\", \"a\"; .include \"b\";"}});
  const Configuration configuration = read_configuration("/a", files);
  EXPECT_FALSE(configuration.syntax_ok);
  EXPECT_EQ(configuration.diagnostics.size(), 6U);
  EXPECT_TRUE(limits_say(configuration, "/a includes itself"));
}

TEST(Limits, ALoopUnderManyNamesEndsAtTheDepth) {
  class Endless : public Files {
   public:
    int reads = 0;
    Result<std::string> read(const std::string& path, std::size_t) override {
      ++reads;
      return ".include \"" + path + "x\", \"" + path + "y\";";
    }
    Result<std::vector<std::string>> glob(const std::string&, std::size_t) override { return Fail(Kind::missing, ""); }
  };
  Endless files;
  EXPECT_TRUE(limits_say(read_configuration("/a", files), "deeper than 32"));
  EXPECT_EQ(files.reads, 33);
}

TEST(Limits, ManyIncludesEnd) {
  std::map<std::string, std::string> files{{"/main", ".include \"f*\";"}};
  for (int i = 0; i < 2000; ++i) files["/f" + std::to_string(i)] = "x = 1;";
  MemoryFiles many(files);
  EXPECT_TRUE(limits_say(read_configuration("/main", many), "too many"));
}

TEST(Limits, BlocksNestToTheDepthAndNoDeeper) {
  const auto nested = [](std::size_t depth) { return repeated("a{", depth) + repeated("}", depth); };
  EXPECT_TRUE(read(nested(32)).ok());
  EXPECT_TRUE(limits_say(read(nested(33)), "nested deeper"));
  EXPECT_TRUE(limits_say(read(repeated("{", 1'000'000)), "expected"));
}

TEST(Limits, JailsTimesGlobalsIsBounded) {
  Limits limits;
  limits.merged = 1000;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "x" + std::to_string(i) + "=1, 2;\n";
  EXPECT_TRUE(read(text + "a{} b{} c{}", limits).ok());
  EXPECT_TRUE(limits_say(read(text + "a{} b{} c{} d{}", limits), "too many parameters"));
}

TEST(Limits, TheValuesOfAllJailsAreBounded) {
  Limits limits;
  limits.expanded_bytes = 100;
  EXPECT_TRUE(limits_say(read("x = " + repeated("y", 40) + "; a{} b{} c{}", limits), "values of all jails"));
}

TEST(Limits, JailsWildcardsAndPartsAreCounted) {
  Limits limits;
  limits.jails = limits.wildcards = 3;
  EXPECT_TRUE(read("a{} b{} c{} \"*\"{} \"*.x\"{} \"*.y\"{}", limits).ok());
  EXPECT_TRUE(limits_say(read("a{} b{} c{} d{}", limits), "more jails"));
  EXPECT_TRUE(limits_say(read("\"*\"{} \"*.x\"{} \"*.y\"{} \"*.z\"{}", limits), "more jails"));
  limits.parts = 10;
  EXPECT_TRUE(limits_say(read("a{x=1,2,3,4,5,6,7;}", limits), "more than 10 values"));
}

TEST(Limits, MistakesAreCounted) {
  const Configuration configuration = read(repeated("= ;\n", 100'000));
  EXPECT_EQ(configuration.diagnostics.size(), 101U);
  EXPECT_TRUE(limits_say(configuration, "too many mistakes"));
}

TEST(Limits, NamesAreShort) {
  EXPECT_TRUE(limits_say(read(repeated("x", 256) + " = 1;"), "a name of more than 255 bytes"));
  EXPECT_TRUE(limits_say(read("a { x = \"${" + repeated("x", 256) + "}\"; }"), "a name of more than 255 bytes"));
  EXPECT_TRUE(
      limits_say(read(repeated("x", 200) + " { " + repeated("y", 200) + " { } }"), "a name of more than 255 bytes"));
}

// Found by fuzzing: its values were read while they grew.
TEST(Limits, AListThatHoldsItselfIsRefused) {
  EXPECT_TRUE(limits_say(read("a { $two = \"one\", \"e\", \"$two\", three; exec.stop = $two; }"), "needs itself"));
  EXPECT_TRUE(limits_say(read("$a = x, y, $b; $b = x, y, $a; j { exec.stop = $a; }"), "needs itself"));
}

TEST(Limits, RubbishIsRefused) {
  std::string rubbish;
  unsigned state = 1;
  for (int i = 0; i < 100'000; ++i) rubbish += static_cast<char>((state = state * 1103515245U + 12345U) >> 16);
  EXPECT_FALSE(read(rubbish).syntax_ok);
  EXPECT_TRUE(limits_say(read(std::string("\x7f\x45LF\0\0\0", 7)), "binary file"));
}

TEST(Limits, AMissingFileIsADiagnosticOfItsOwn) {
  MemoryFiles files;
  const Configuration configuration = read_configuration("/nowhere", files);
  EXPECT_FALSE(configuration.ok());
  ASSERT_EQ(configuration.diagnostics.size(), 1U);
  EXPECT_EQ(to_text(configuration.diagnostics.front()), "/nowhere:1:1: error: /nowhere: No such file or directory");
}

}  // namespace
}  // namespace jaild::jailconf
