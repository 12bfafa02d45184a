#include "daemon/config_file.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "daemon/options.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild {
namespace {

class ConfigFile : public ::testing::Test {
 protected:
  std::string write(const std::string& text, const std::string& name = "jaild.conf") {
    const std::string path = directory_.path() / name;
    std::ofstream(path) << text;
    return path;
  }

  // The command line with --config for `text`.
  std::variant<DaemonOptions, EarlyExit> parse(const std::string& text, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"--config", write(text)});
    return parse_command_line(arguments);
  }

  DaemonOptions options(const std::string& text, const std::vector<std::string>& arguments = {}) {
    auto parsed = parse(text, arguments);
    if (const auto* wrong = std::get_if<EarlyExit>(&parsed)) {
      ADD_FAILURE() << wrong->text;
      return {};
    }
    return std::get<DaemonOptions>(parsed);
  }

  std::string mistakes(const std::string& text, const std::vector<std::string>& arguments = {}) {
    auto parsed = parse(text, arguments);
    const auto* wrong = std::get_if<EarlyExit>(&parsed);
    EXPECT_NE(wrong, nullptr) << "no mistake was found";
    if (wrong == nullptr) return "";
    EXPECT_EQ(wrong->code, 2);
    return wrong->text;
  }

  const tests::TemporaryDirectory directory_;
};

TEST_F(ConfigFile, EveryOptionIsASetting) {
  const DaemonOptions got = options(R"(
    $base = "/tmp/x";
    state_dir = "$base/state"; run_dir = "$base/run"; log_dir = "$base/log";
    syslog; log_level = debug; host = sim;
    listen = "unix:/a"; listen += "unix:/b", "unix:/c";
     metrics_listen = "127.0.0.1:9100"; monitor = /m; pass_env = LANG, TZ;
     parallel_starts = 3; start_timeout = 4; stop_timeout = 5; log_rate = 65536;)");
  EXPECT_EQ(got.state_dir, "/tmp/x/state");
  EXPECT_EQ(got.run_dir, "/tmp/x/run");
  EXPECT_EQ(got.log_dir, "/tmp/x/log");
  EXPECT_TRUE(got.log_to_file);
  EXPECT_TRUE(got.syslog);
  EXPECT_EQ(got.log_level, "debug");
  EXPECT_EQ(got.host, "sim");
  EXPECT_EQ(got.listen, (std::vector<std::string>{"unix:/a", "unix:/b", "unix:/c"}));
  EXPECT_EQ(got.metrics_listen, "127.0.0.1:9100");
  EXPECT_EQ(got.monitor, "/m");
  EXPECT_EQ(got.pass_env, (std::vector<std::string>{"LANG", "TZ"}));
  EXPECT_EQ(got.parallel_starts, 3);
  EXPECT_EQ(got.start_timeout, std::chrono::seconds(4));
  EXPECT_EQ(got.stop_timeout, std::chrono::seconds(5));
  EXPECT_EQ(got.log_rate, 65536U);
}

TEST_F(ConfigFile, WhatIsPassedOnIsNamedAsVariablesAre) {
  for (const char* bad : {"A=1", "1A", "\"\"", "\"A B\""}) {
    EXPECT_NE(mistakes("pass_env = " + std::string(bad) + ";").find("pass_env"), std::string::npos) << bad;
  }
}

TEST_F(ConfigFile, TheCommandLineGoesBeforeIt) {
  const DaemonOptions got = options("log_level = debug; listen = \"unix:/file\"; host = sim;",
                                    {"--log-level", "error", "--listen", "unix:/line"});
  EXPECT_EQ(got.log_level, "error");
  EXPECT_EQ(got.listen, (std::vector<std::string>{"unix:/line"}));
  EXPECT_EQ(got.host, "sim");
}

TEST_F(ConfigFile, RelativePathsBeginWhereTheCommandLineWasTyped) {
  const auto here = std::filesystem::current_path();
  const DaemonOptions got = options("state_dir = /from/file;", {"--run-dir", "run/", "--log-dir", "../log"});
  EXPECT_EQ(got.state_dir, "/from/file");
  EXPECT_EQ(got.run_dir, here / "run/");
  EXPECT_EQ(got.log_dir, here.parent_path() / "log");
  EXPECT_EQ(options("", {"--monitor", "bin/m"}).monitor, here / "bin/m");
  EXPECT_EQ(options("").monitor, "") << "none was given";
}

TEST_F(ConfigFile, RelativePathsInAFileAreRefusedByTheirName) {
  for (const char* name : {"state_dir", "run_dir", "log_dir", "monitor"}) {
    const std::string told = mistakes(std::string(name) + " = \"some/where\";");
    EXPECT_NE(told.find(std::string(name) + ": \"some/where\" is relative"), std::string::npos) << told;
  }
}

TEST_F(ConfigFile, ADirectoryWithoutANameIsRefused) {
  EXPECT_NE(mistakes("", {"--run-dir", ""}).find("--run-dir"), std::string::npos);
  EXPECT_NE(mistakes("run_dir = \"\";").find("run_dir"), std::string::npos);
}

TEST_F(ConfigFile, FlagsAreWordsNumbersOrTheirNameAlone) {
  EXPECT_TRUE(options("syslog;").syslog);
  EXPECT_TRUE(options("syslog = TRUE;").syslog);
  EXPECT_TRUE(options("syslog = 1;").syslog);
  EXPECT_FALSE(options("syslog = 0;").syslog);
  EXPECT_FALSE(options("nosyslog;").syslog);
  EXPECT_TRUE(options("nosyslog = false;").syslog);
  EXPECT_NE(mistakes("syslog = yes;").find("jaild.conf:1:1: error: syslog is true or false, not \"yes\""),
            std::string::npos);
}

TEST_F(ConfigFile, AllMistakesAreNamedWithTheirPlaces) {
  const std::string said =
      mistakes("log_level = loud;\nbad_name = 1;\n parallel_starts = -1;\nstart_timeout;\nhost = sim\n");
  std::size_t last = 0;
  for (const char* part : {"jaild.conf:1:1: error: log_level: ", "jaild.conf:2:1: error: there is no setting bad_name",
                           "jaild.conf:3:2: error: parallel_starts: ",
                           "jaild.conf:4:1: error: start_timeout needs a value", "expected ',' or ';'"}) {
    EXPECT_NE(said.find(part, last), std::string::npos) << part << " is not in its place in\n" << said;
    last = std::min(said.find(part), said.size());
  }
}

// A wrong setting is a mistake also where the command line hides it.
TEST_F(ConfigFile, WhatTheCommandLineHidesIsCheckedToo) {
  EXPECT_NE(mistakes("log_level = loud;", {"--log-level", "info"}).find("log_level"), std::string::npos);
}

TEST_F(ConfigFile, WhatToDoIsNoSetting) {
  for (const char* text : {"check;", "config = /x;", "help;", "version;", "log-level = info;", "web { path = /; }"})
    EXPECT_FALSE(mistakes(text).empty()) << text;
}

TEST_F(ConfigFile, AnOptionThatThereIsNotIsNamed) {
  const auto parsed = parse_command_line({"--state-dr", "/x", "--host", "sim"});
  ASSERT_TRUE(std::holds_alternative<EarlyExit>(parsed));
  EXPECT_EQ(std::get<EarlyExit>(parsed).text,
            "jaild: there is no option --state-dr; `jaild --help` lists the options\n");
}

TEST_F(ConfigFile, AFileThatWasNamedMustBeThere) {
  const auto parsed = parse_command_line({"--config", directory_.path() / "nowhere"});
  ASSERT_TRUE(std::holds_alternative<EarlyExit>(parsed));
  EXPECT_EQ(std::get<EarlyExit>(parsed).text,
            "jaild: --config: " + (directory_.path() / "nowhere").string() + ": No such file or directory\n");
  EXPECT_TRUE(std::holds_alternative<DaemonOptions>(parse_command_line({"--config", "", "--host", "sim"})));
}

TEST_F(ConfigFile, AFileThatOthersCanWriteIsRefused) {
  const std::string path = write("host = sim;");
  ASSERT_EQ(::chmod(path.c_str(), 0622), 0);
  const auto parsed = parse_command_line({"--config", path});
  ASSERT_TRUE(std::holds_alternative<EarlyExit>(parsed));
  EXPECT_NE(std::get<EarlyExit>(parsed).text.find("can be written by others"), std::string::npos);
}

TEST_F(ConfigFile, CheckSaysWhatItFound) {
  const auto parsed = parse("host = sim; listen = \"unix:/x\";", {"--check"});
  ASSERT_TRUE(std::holds_alternative<DaemonOptions>(parsed));
  EXPECT_TRUE(std::get<DaemonOptions>(parsed).check_only);
}

// The sample is a valid file, as it is and with every setting switched on.
TEST_F(ConfigFile, TheSampleIsValid) {
  std::ifstream file(std::string(JAILD_SOURCE_DIR) + "/etc/jaild.conf.sample");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(std::holds_alternative<DaemonOptions>(parse(text)));
  std::string on;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool setting = text[at] == '#' && (at == 0 || text[at - 1] == '\n') && at + 1 < text.size() &&
                         text[at + 1] != ' ' && text[at + 1] != '\n';
    if (!setting) on += text[at];
  }
  options(on);
  for (const char* name : {"state_dir", "run_dir", "log_dir", "syslog", "log_level", "host", "listen", "metrics_listen",
                           "monitor", "pass_env", "parallel_starts", "start_timeout", "stop_timeout", "log_rate"}) {
    EXPECT_NE(on.find("\n" + std::string(name) + " = "), std::string::npos) << name << " is not in the sample";
  }
}

}  // namespace
}  // namespace jaild
