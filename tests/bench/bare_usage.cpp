// The bare usage calls of a scrape: reads what every jail of every jaild on this machine uses, as the Linux host does,
// and prints the seconds that took. Nothing else is done with it.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/host/linux/usage.h"

int main() {
  const auto tree = jaild::host::CgroupTree::detect();
  jaild::host::UsageReader reader(tree);
  std::vector<std::string> groups;
  for (const auto& hierarchy : {"/sys/fs/cgroup/memory/jaild", "/sys/fs/cgroup/jaild"}) {
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(hierarchy, absent)) {
      if (entry.is_directory()) groups.push_back(entry.path().filename());
    }
    if (!groups.empty()) break;
  }
  const auto began = std::chrono::steady_clock::now();
  std::size_t read = 0;
  for (const auto& group : groups) read += reader.read(group) ? 1 : 0;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (read == 0 || read != groups.size()) return 1;
  std::printf("%.6f\n", took.count());
  return 0;
}
