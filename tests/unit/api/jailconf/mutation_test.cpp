// Our samples, cut, joined and sprinkled with tokens: a quick relative of tests/fuzz/fuzz_jailconf.cpp that needs no
// fuzzer. A failure prints the input.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/jailconf_property.h"

namespace jaild::jailconf {
namespace {

constexpr std::array<std::string_view, 30> tokens{
    "{",  "}",     ";",       ",",     "=",         "+=",           "\"",   "'",       "\\",   "$",
    "${", "$name", "${name}", "#",     "//",        "/*",           "*/",   "#jaild:", "*",    "\"*.x\"",
    "no", "name",  "jid",     "path ", ".include ", "\n#file /x\n", "\\x4", "\\\n",    "\r\n", "\0"};

std::vector<std::string> samples() {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(JAILD_SOURCE_DIR "/tests/jailconf")) {
    if (entry.path().extension() != ".conf") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::ranges::sort(texts);
  return texts;
}

TEST(Mutation, NothingBreaksTheReader) {
  const std::vector<std::string> seeds = samples();
  ASSERT_GT(seeds.size(), 20U);
  std::mt19937 random(2026);
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (int round = 0; round < 3000; ++round) {
    std::string text = seeds[below(seeds.size())];
    for (std::size_t change = 1 + below(6); change > 0; --change) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0: text.insert(at, tokens[below(tokens.size())]); break;
        case 1: text.erase(at, 1 + below(8)); break;
        case 2: text.insert(at, seeds[below(seeds.size())].substr(0, below(60))); break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(below(256));
      }
    }
    ASSERT_EQ(test::jailconf_complaint(text), "") << "round " << round << "\n" << text;
  }
}

}  // namespace
}  // namespace jaild::jailconf
