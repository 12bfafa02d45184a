// A directory that is being read.
#pragma once

#include <dirent.h>

#include <memory>

namespace jaild::monitor {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

}  // namespace jaild::monitor
