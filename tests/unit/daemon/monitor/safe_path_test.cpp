#include "daemon/monitor/safe_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/daemon/monitor/temporary.h"

namespace jaild::monitor {
namespace {

class ConsoleFile : public Temporary {
 protected:
  ConsoleFile() {
    std::filesystem::create_directories(place("jail/var/log"));
    std::filesystem::create_directories(place("outside"));
  }
};

TEST_F(ConsoleFile, BelowTheJailItIsMadeAndAppendedTo) {
  for (const char* text : {"a", "b"}) {
    const auto file = open_console_file(place("jail/var/log/console"), place("jail"));
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_EQ(::write(file->get(), text, 1), 1);
  }
  EXPECT_EQ(content(place("jail/var/log/console")), "ab");
}

TEST_F(ConsoleFile, ItIsTheSuperusersAloneAndNoProgram) {
  const auto mode = [this] {
    struct stat status{};
    EXPECT_EQ(::stat(place("outside/console").c_str(), &status), 0);
    return status.st_mode & 07777;
  };
  ASSERT_TRUE(open_console_file(place("outside/console"), place("jail")));
  EXPECT_EQ(mode(), 0600U);
  ASSERT_EQ(::chmod(place("outside/console").c_str(), 06755), 0);
  ASSERT_TRUE(open_console_file(place("outside/console"), place("jail")));
  EXPECT_EQ(mode(), 0644U);
}

TEST_F(ConsoleFile, ALinkPlantedInTheJailLeadsNowhere) {
  std::filesystem::create_directory_symlink(place("outside"), place("jail/link"));
  std::filesystem::create_symlink(place("outside/file"), place("jail/var/log/console"));
  EXPECT_FALSE(open_console_file(place("jail/link/file"), place("jail")));
  EXPECT_FALSE(open_console_file(place("jail/var/log/console"), place("jail/")));
  EXPECT_FALSE(open_console_file(place("jail/var/../../outside/file"), place("jail")));
  EXPECT_FALSE(std::filesystem::exists(place("outside/file")));
}

TEST_F(ConsoleFile, AFifoPlantedInTheJailIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(place("jail/var/log/console").c_str(), 0600), 0);
  EXPECT_FALSE(open_console_file(place("jail/var/log/console"), place("jail")));
}

TEST_F(ConsoleFile, OutsideTheJailLinksAreTheAdministratorsOwn) {
  std::filesystem::create_directory_symlink(place("outside"), place("link"));
  EXPECT_TRUE(open_console_file(place("link/file"), place("jail")));
  EXPECT_TRUE(open_console_file("/dev/null", place("jail")));
  EXPECT_TRUE(std::filesystem::exists(place("outside/file")));
}

}  // namespace
}  // namespace jaild::monitor
