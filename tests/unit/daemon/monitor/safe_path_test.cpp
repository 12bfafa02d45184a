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
  Result<UniqueFd> opened(const std::string& path) {
    return open_console_file(path, [this](const std::string& real) { return real == real_jail_; });
  }

 private:
  const std::string real_jail_ = std::filesystem::canonical(place("")).string() + "/jail";
};

TEST_F(ConsoleFile, BelowTheJailItIsMadeAndAppendedTo) {
  for (const char* text : {"a", "b"}) {
    const auto file = opened(place("jail/var/log/console"));
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
  ASSERT_TRUE(opened(place("outside/console")));
  EXPECT_EQ(mode(), 0600U);
  ASSERT_EQ(::chmod(place("outside/console").c_str(), 06755), 0);
  ASSERT_TRUE(opened(place("outside/console")));
  EXPECT_EQ(mode(), 0644U);
}

TEST_F(ConsoleFile, ALinkPlantedInTheJailLeadsNowhere) {
  std::filesystem::create_directory_symlink(place("outside"), place("jail/link"));
  std::filesystem::create_symlink(place("outside/file"), place("jail/var/log/console"));
  EXPECT_FALSE(opened(place("jail/link/file")));
  EXPECT_FALSE(opened(place("jail/var/log/console")));
  EXPECT_FALSE(opened(place("jail/var/../../outside/file")));
  EXPECT_FALSE(std::filesystem::exists(place("outside/file")));
}

TEST_F(ConsoleFile, AnotherNameOfAFileInTheJailIsRefused) {
  std::ofstream(place("jail/file")) << "x";
  std::filesystem::create_hard_link(place("jail/file"), place("jail/var/log/console"));
  EXPECT_FALSE(opened(place("jail/var/log/console")));
}

TEST_F(ConsoleFile, AFifoPlantedInTheJailIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(place("jail/var/log/console").c_str(), 0600), 0);
  EXPECT_FALSE(opened(place("jail/var/log/console")));
}

TEST_F(ConsoleFile, OutsideTheJailLinksAreTheAdministratorsOwn) {
  std::filesystem::create_directory_symlink(place("outside"), place("link"));
  EXPECT_TRUE(opened(place("link/file")));
  EXPECT_TRUE(opened("/dev/null"));
  EXPECT_TRUE(std::filesystem::exists(place("outside/file")));
}

}  // namespace
}  // namespace jaild::monitor
