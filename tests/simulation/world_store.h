// The disk of a simulated world: a Store that holds every commit until it is told to go on, and that survives the
// daemon. Two of them: the model in memory, and the production store over SQLite on a disk that can be full, fail and
// lose its power in the middle of a sync.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "daemon/store/store.h"

namespace jaild::simulation {

class WorldStore : public store::Store {
 public:
  // Told of every commit that is durable, before its answer.
  using Durable = std::function<void(const std::vector<core::Mutation>&)>;

  explicit WorldStore(Durable durable) : durable_(std::move(durable)) {}

  virtual bool deliver() = 0;  // lets the oldest commit happen and answers it; false: none waits
  [[nodiscard]] virtual std::size_t waiting() const = 0;
  virtual void set_full(bool full) = 0;
  virtual void fail_next() = 0;  // the next commit: an I/O error
  virtual void heal() = 0;       // no faults any more
  // The daemon or the power is gone: of what waits some is on the disk, nobody is told.
  virtual void crash() = 0;
  [[nodiscard]] virtual std::size_t commits() const = 0;  // that succeeded

 protected:
  Durable durable_;
};

std::unique_ptr<WorldStore> memory_world_store(std::mt19937_64& random, WorldStore::Durable durable);
// Files in a directory of its own. nullptr: it cannot be made.
std::unique_ptr<WorldStore> sqlite_world_store(std::mt19937_64& random, WorldStore::Durable durable);

}  // namespace jaild::simulation
