// A directory for one test, with all that is in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fakes/temporary_directory.h"

namespace jaild::monitor {

class Temporary : public testing::Test {
 protected:
  [[nodiscard]] std::string place(const std::string& name) const { return directory_.path().string() + "/" + name; }
  static std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  tests::TemporaryDirectory directory_;
};

}  // namespace jaild::monitor
