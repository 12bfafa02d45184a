#include "daemon/runtime/usage_walk.h"

#include <mutex>
#include <utility>

namespace jaild::runtime {

struct UsageWalk::Walk {
  std::vector<core::JailKey> keys;
  Done done;
  core::MonoTime began{0};
  std::chrono::steady_clock::time_point clock = std::chrono::steady_clock::now();

  std::mutex mutex;  // of all below
  std::size_t next = 0;
  std::size_t read = 0;           // that came back
  std::set<std::string> reading;  // that have not
  UsageReading reading_so_far;
  bool over = false;

  // The next jail to read; nullptr: none is left, or the walk is over.
  const core::JailKey* take() {
    const std::lock_guard lock(mutex);
    if (over || next == keys.size()) return nullptr;
    reading.insert(keys[next].name);
    return &keys[next++];
  }

  // Whether this was the last one.
  bool put(const std::string& name, Result<std::map<std::string, Usage>> usage) {
    const std::lock_guard lock(mutex);
    reading.erase(name);
    ++read;
    if (over) return false;
    if (usage) {
      reading_so_far.usage.merge(*usage);
    } else {
      ++reading_so_far.errors;
    }
    over = read == keys.size();
    return over;
  }

  void finish() {
    reading_so_far.took = std::chrono::steady_clock::now() - clock;
    done(std::move(reading_so_far));
  }
};

UsageWalk::UsageWalk(Loop& loop, host::Host& host, Bounds bounds) : loop_(loop), host_(host), bounds_(bounds) {}

UsageWalk::~UsageWalk() {
  *alive_ = false;
}

void UsageWalk::begin(std::vector<core::JailKey> keys, Done done) {
  auto walk = std::make_shared<Walk>();
  walk->reading_so_far.errors = std::erase_if(keys, [&](const auto& key) { return stuck_.contains(key.name); });
  walk->keys = std::move(keys);
  walk->done = std::move(done);
  walk->began = loop_.now().mono;
  if (walk->keys.empty()) {
    loop_.offload([walk] { walk->finish(); });
    return;
  }
  add_reader(walk);
  look_after(walk, 0);
}

void UsageWalk::add_reader(const std::shared_ptr<Walk>& walk) {
  if (readers_ >= usage_readers_max) return;
  ++readers_;
  loop_.offload([this, walk, &loop = loop_, &host = host_, alive = alive_] {
    std::string last;
    while (const auto* key = walk->take()) {
      last = key->name;
      if (walk->put(last, host.usage({*key}))) walk->finish();
    }
    loop.post([this, last, alive] {
      if (!*alive) return;
      --readers_;
      stuck_.erase(last);
    });
  });
}

void UsageWalk::look_after(const std::shared_ptr<Walk>& walk, std::size_t read_before) {
  loop_.after(bounds_.patience, [this, walk, read_before, alive = alive_] {
    if (!*alive) return;
    std::size_t read = 0;
    {
      const std::lock_guard lock(walk->mutex);
      if (walk->over) return;
      read = walk->read;
    }
    if (loop_.now().mono - walk->began >= bounds_.budget) {
      close(walk);
      return;
    }
    if (read == read_before) add_reader(walk);
    look_after(walk, read);
  });
}

void UsageWalk::close(const std::shared_ptr<Walk>& walk) {
  {
    const std::lock_guard lock(walk->mutex);
    if (walk->over) return;
    walk->over = true;
    walk->reading_so_far.errors += walk->keys.size() - walk->read;
    stuck_.insert(walk->reading.begin(), walk->reading.end());
  }
  loop_.offload([walk] { walk->finish(); });
}

}  // namespace jaild::runtime
