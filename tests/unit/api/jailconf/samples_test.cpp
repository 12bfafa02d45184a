// Whole files against what they mean: those of tests/jailconf, one for each rule of the grammar, and, where it is
// there, the corpus of real files with what FreeBSD's own code makes of them (R12.1).
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/jailconf/configuration.h"

namespace jaild::jailconf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A corpus file is read alone: what it includes is empty.
class Alone : public DiskFiles {
 public:
  explicit Alone(std::string path) : path_(std::move(path)) {}
  Result<std::string> read(const std::string& path, std::size_t most) override {
    return path == path_ ? DiskFiles::read(path, most) : Result<std::string>("");
  }
  Result<std::vector<std::string>> glob(const std::string&, std::size_t) override { return std::vector<std::string>{}; }

 private:
  std::string path_;
};

json values_of(const Configuration& configuration) {
  json jails = json::object();
  for (const Jail& jail : configuration.jails) {
    json& entry = jails[jail.block] = json::object();
    for (const Setting& setting : jail.settings) entry[setting.name] = setting.values;
  }
  return jails;
}

std::string verdict_of(const Configuration& configuration) {
  if (!configuration.syntax_ok) return "syntax-error";
  return configuration.ok() ? "ok" : "var-error";
}

// "FILE:3:14: error: ..." without the directory of the samples.
json diagnostics_of(const Configuration& configuration, const fs::path& path) {
  const std::string directory = path.parent_path().string() + "/";
  json list = json::array();
  for (const Diagnostic& diagnostic : configuration.diagnostics) {
    std::string text = to_text(diagnostic);
    for (std::size_t at; (at = text.find(directory)) != std::string::npos;) text.erase(at, directory.size());
    list.push_back(text);
  }
  return list;
}

void compare(const Configuration& configuration, const json& expected, const fs::path& path) {
  EXPECT_EQ(verdict_of(configuration), expected["verdict"].get<std::string>()) << path;
  EXPECT_EQ(values_of(configuration).dump(1), expected["jails"].dump(1)) << path;
  if (configuration.ok() != (expected["verdict"] == "ok")) ADD_FAILURE() << diagnostics_of(configuration, path).dump(1);
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".json") paths.push_back(fs::path(entry.path()).replace_extension(".conf"));
  }
  std::ranges::sort(paths);
  return paths;
}

json expectation_for(const fs::path& path) {
  auto expected = parse_json(text_of(fs::path(path).replace_extension(".json")));
  EXPECT_TRUE(expected) << path;
  return expected.value_or(json::object());
}

TEST(Samples, EachRuleOfTheGrammar) {
  const std::vector<fs::path> paths = files_in(fs::path(JAILD_SOURCE_DIR) / "tests" / "jailconf");
  ASSERT_GT(paths.size(), 20U);
  for (const fs::path& path : paths) {
    DiskFiles files;
    const Configuration configuration = read_configuration(path, files);
    const json expected = expectation_for(path);
    compare(configuration, expected, path);
    EXPECT_EQ(diagnostics_of(configuration, path).dump(1), expected.value("diagnostics", json::array()).dump(1))
        << path;
  }
}

TEST(Samples, R12_1_TheCorpusOfRealFiles) {
  const char* given = std::getenv("JAILD_JAILCONF_CORPUS");
  const fs::path corpus =
      given != nullptr ? fs::path(given) : fs::path(JAILD_SOURCE_DIR) / ".." / "shared" / "jailconf-corpus";
  if (!fs::is_directory(corpus)) GTEST_SKIP() << "the corpus of real jail.conf files is absent: " << corpus;
  const std::vector<fs::path> paths = files_in(corpus);
  EXPECT_EQ(paths.size(), 41U);
  for (const fs::path& path : paths) {
    Alone files(path);
    compare(read_configuration(path, files), expectation_for(path), path);
  }
}

}  // namespace
}  // namespace jaild::jailconf
