// jaild on a disk whose fsync takes JAILD_SYNC_MS milliseconds and does nothing else; says on standard error how many
// there were, at least ten times a second.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "daemon/app.h"
#include "tests/fakes/slow_vfs.h"

int main(int argc, char** argv) {
  const auto parsed = jaild::parse_command_line(argc, argv);
  const auto* options = std::get_if<jaild::DaemonOptions>(&parsed);
  if (options == nullptr) return 2;
  const char* delay = std::getenv("JAILD_SYNC_MS");
  jaild::store::SlowVfs disk("slow-disk");
  disk.delay_syncs(std::chrono::milliseconds{delay == nullptr ? 0 : std::atoi(delay)});
  sqlite3_vfs_register(sqlite3_vfs_find("slow-disk"), 1);
  std::thread([&disk] {
    for (std::size_t told = 0;;) {
      if (const auto syncs = disk.syncs(); syncs != told) std::fprintf(stderr, "syncs=%zu\n", told = syncs);
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
  }).detach();
  std::_Exit(jaild::run_daemon(*options, nullptr));  // the thread above never ends
}
