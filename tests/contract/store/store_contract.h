// What every Store must do, as tests over an implementation that the other file supplies.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "daemon/store/limits.h"
#include "daemon/store/store.h"

namespace jaild::store {

// One store with its disk. restart() is what a new daemon sees: all that was answered, nothing that was not called.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void restart() = 0;
};

struct StoreMaker {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>(const Limits&)> make;
};

class StoreContract : public testing::TestWithParam<StoreMaker> {
 protected:
  // Before anything else of a test that wants other limits than the real ones.
  void use(const Limits& limits) { under_test_ = GetParam().make(limits); }
  Store& store() {
    if (!under_test_) use({});
    return under_test_->store();
  }
  Snapshot load();  // fails the test where the store does
  Snapshot restart_and_load();

 private:
  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace jaild::store
