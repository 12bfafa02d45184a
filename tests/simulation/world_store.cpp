#include "tests/simulation/world_store.h"

#include <cerrno>
#include <deque>
#include <future>
#include <optional>
#include <string>

#include "daemon/store/sqlite_store.h"
#include "tests/fakes/memory_store.h"
#include "tests/fakes/slow_vfs.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::simulation {
namespace {

using core::Mutation;
using Answer = std::function<void(Result<void>)>;

struct Held {
  std::vector<Mutation> mutations;
  Answer done;
};

// Holds the commits; what they do is the derived class's.
class HeldStore : public WorldStore {
 public:
  HeldStore(std::mt19937_64& random, Durable durable) : WorldStore(std::move(durable)), random_(random) {}

  void commit(std::vector<Mutation> mutations, Answer done) override {
    held_.push_back({std::move(mutations), std::move(done)});
  }
  bool deliver() override {
    if (held_.empty()) return false;
    Held next = std::move(held_.front());
    held_.pop_front();
    next.done(write(next.mutations));
    return true;
  }
  [[nodiscard]] std::size_t waiting() const override { return held_.size(); }
  [[nodiscard]] std::size_t commits() const override { return commits_; }
  void crash() override {
    // One transaction may be on its way; what comes after it was never begun.
    const bool arrives = random_() % 2 == 0;
    if (!held_.empty() && arrives) (void)write(held_.front().mutations);
    held_.clear();
  }

 protected:
  virtual Result<void> apply(const std::vector<Mutation>& mutations) = 0;

  std::mt19937_64& random_;  // the simulation's, outlives this

 private:
  Result<void> write(const std::vector<Mutation>& mutations) {
    auto result = apply(mutations);
    if (result) {
      ++commits_;
      durable_(mutations);
    }
    return result;
  }

  std::deque<Held> held_;
  std::size_t commits_ = 0;
};

class MemoryWorldStore final : public HeldStore {
 public:
  using HeldStore::HeldStore;
  Result<core::Snapshot> load() override { return store_.load(); }
  void history(const std::string& name, HistoryQuery query, std::function<void(Result<HistoryPage>)> done) override {
    store_.history(name, query, std::move(done));
  }
  void events(EventQuery query, std::function<void(Result<std::vector<JailEvent>>)> done) override {
    store_.events(std::move(query), std::move(done));
  }
  void set_full(bool full) override { store_.set_full(full); }
  void fail_next() override { store_.fail_commit(1, Kind::unavailable); }
  void heal() override { store_.set_full(false); }

 private:
  Result<void> apply(const std::vector<Mutation>& mutations) override {
    Result<void> result;
    store_.commit(mutations, [&](Result<void> answer) { result = std::move(answer); });
    return result;
  }

  store::MemoryStore store_;
};

class SqliteWorldStore final : public HeldStore {
 public:
  SqliteWorldStore(std::mt19937_64& random, Durable durable) : HeldStore(random, std::move(durable)) {
    static std::uint64_t count = 0;
    vfs_.emplace("simulated-disk-" + std::to_string(++count));
  }

  Result<core::Snapshot> load() override {
    if (!store_) {
      auto opened = store::SqliteStore::open({directory_.path() / "jaild.db", {}, vfs_->name(), {}});
      if (!opened) return Fail(opened.error());
      store_ = std::move(*opened);
      vfs_->watch(directory_.path());
    }
    return store_->load();
  }
  void history(const std::string& name, HistoryQuery query, std::function<void(Result<HistoryPage>)> done) override {
    store_->history(name, query, std::move(done));
  }
  void events(EventQuery query, std::function<void(Result<std::vector<JailEvent>>)> done) override {
    store_->events(std::move(query), std::move(done));
  }
  void set_full(bool full) override { vfs_->set_full(full); }
  void fail_next() override { vfs_->fail_syncs(1, EIO); }
  void heal() override {
    vfs_->set_full(false);
    vfs_->fail_syncs(0, 0);
  }

  // The power goes in the middle of the transaction that is on its way, if there is one, and sectors are torn.
  void crash() override {
    if (!store_) return;
    heal();  // the next daemon is started again until it can open its state
    const auto cut = random_() % 2 == 0 ? store::SlowVfs::Cut::before_sync : store::SlowVfs::Cut::after_sync;
    vfs_->cut_power(1, cut);
    HeldStore::crash();
    store_.reset();  // closing syncs too, and that is when the power goes at the latest
    if (vfs_->power_is_cut()) {
      vfs_->restore(random_());
    } else {
      vfs_->watch(directory_.path());
    }
  }

 private:
  Result<void> apply(const std::vector<Mutation>& mutations) override {
    std::promise<Result<void>> answer;
    store_->commit(mutations, [&](Result<void> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  tests::TemporaryDirectory directory_;
  std::optional<store::SlowVfs> vfs_;
  std::unique_ptr<store::SqliteStore> store_;
};

}  // namespace

std::unique_ptr<WorldStore> memory_world_store(std::mt19937_64& random, WorldStore::Durable durable) {
  return std::make_unique<MemoryWorldStore>(random, std::move(durable));
}

std::unique_ptr<WorldStore> sqlite_world_store(std::mt19937_64& random, WorldStore::Durable durable) {
  return std::make_unique<SqliteWorldStore>(random, std::move(durable));
}

}  // namespace jaild::simulation
