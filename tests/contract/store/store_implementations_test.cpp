#include <utility>

#include "daemon/store/sqlite_store.h"
#include "tests/contract/store/store_contract.h"
#include "tests/fakes/memory_store.h"
#include "tests/fakes/temporary_directory.h"

namespace jaild::store {
namespace {

class Memory final : public StoreUnderTest {
 public:
  explicit Memory(const Limits& limits) : store_(limits) {}
  Store& store() override { return store_; }
  void restart() override {}

 private:
  MemoryStore store_;
};

class Sqlite final : public StoreUnderTest {
 public:
  explicit Sqlite(const Limits& limits) : options_{directory_.path() / "state" / "jaild.db", {}, "", limits} { open(); }
  Store& store() override { return *store_; }
  void restart() override {
    store_.reset();
    open();
  }

 private:
  void open() {
    Result<std::unique_ptr<SqliteStore>> opened = SqliteStore::open(options_);
    store_ = std::move(opened.value());  // throws, and so fails the test, where it could not be opened
  }
  tests::TemporaryDirectory directory_;
  SqliteStoreOptions options_;
  std::unique_ptr<SqliteStore> store_;
};

template <class Implementation>
StoreMaker maker(std::string name) {
  return {std::move(name), [](const Limits& limits) { return std::make_unique<Implementation>(limits); }};
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Values(maker<Memory>("Memory"), maker<Sqlite>("Sqlite")),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace jaild::store
