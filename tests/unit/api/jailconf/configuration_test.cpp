#include "api/jailconf/configuration.h"

#include <gtest/gtest.h>

#include "tests/fakes/memory_files.h"

namespace jaild::jailconf {
namespace {

using test::MemoryFiles;

TEST(Configuration, NotesBelongToTheBlockAroundThem) {
  MemoryFiles files({{"/c",
                      "#jaild: outside\n"
                      "a { #jaild: first\n  path = /a; # no note\n#jaild: second\n"
                      "  b { #jaild: inner\n } }\n* { #jaild: wild\n }\n"}});
  const Configuration configuration = read_configuration("/c", files);
  ASSERT_TRUE(configuration.ok());
  ASSERT_EQ(configuration.jails.size(), 2U);
  ASSERT_EQ(configuration.jails[0].notes.size(), 2U);
  EXPECT_EQ(configuration.jails[0].notes[0].text, " first");
  EXPECT_EQ(configuration.jails[0].notes[1].place, (Place{0, 4, 1}));
  ASSERT_EQ(configuration.jails[1].notes.size(), 1U);
  EXPECT_EQ(configuration.jails[1].notes[0].text, " inner");
}

// A note outside any block must not pull the place of the globals up.
TEST(Configuration, ANoteIsAComment) {
  MemoryFiles files({{"/c", "#jaild: x\na { path = /a; }\npath = /late;\n"}});
  const Configuration configuration = read_configuration("/c", files);
  EXPECT_EQ(configuration.jails.at(0).find("path")->values.at(0), "/late");
}

TEST(Configuration, PlacesAreThoseOfTheLastStatement) {
  MemoryFiles files({{"/c", "path = /x;\na {\n  host.hostname = a;\n  path += /y;\n}\n"}});
  const Configuration configuration = read_configuration("/c", files);
  EXPECT_EQ(configuration.jails.at(0).place, (Place{0, 2, 1}));
  EXPECT_EQ(configuration.jails.at(0).find("path")->place, (Place{0, 4, 3}));
}

TEST(Settings, AreTheParametersOutsideBlocks) {
  MemoryFiles files(
      {{"/c", "$dir = /var;\nlisten = \"unix:$dir/sock\", \"127.0.0.1:1\";\nsyslog;\n.include \"more\";\n"},
       {"/more", "host = sim;\n"}});
  const Configuration configuration = read_settings("/c", files);
  ASSERT_TRUE(configuration.ok());
  const Jail& settings = configuration.jails.at(0);
  ASSERT_EQ(settings.settings.size(), 3U);
  EXPECT_EQ(settings.find("listen")->values, (std::vector<std::string>{"unix:/var/sock", "127.0.0.1:1"}));
  EXPECT_TRUE(settings.find("syslog")->values.empty());
  EXPECT_EQ(configuration.files.at(settings.find("host")->place.file), "/more");
}

TEST(Settings, ABlockHasNoMeaning) {
  MemoryFiles files({{"/c", "host = sim;\nweb { path = /; }\n"}});
  const Configuration configuration = read_settings("/c", files);
  ASSERT_EQ(configuration.diagnostics.size(), 1U);
  EXPECT_EQ(to_text(configuration.diagnostics[0]),
            "/c:2:1: error: a block has no meaning here; this file has settings only");
}

TEST(Settings, OfAnEmptyFileAreNone) {
  MemoryFiles files({{"/c", "# nothing\n"}});
  const Configuration configuration = read_settings("/c", files);
  EXPECT_TRUE(configuration.ok());
  EXPECT_TRUE(configuration.jails.at(0).settings.empty());
}

}  // namespace
}  // namespace jaild::jailconf
