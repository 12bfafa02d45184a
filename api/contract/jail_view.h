// A jail as it was at one moment, turned into JSON when somebody first reads it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/contract/jail_status.h"

namespace jaild {

// Loop thread only. Shared by the service that keeps it for the next reader and the answers made of it.
class JailView {
 public:
  explicit JailView(JailObject object)
      : name_(object.name), generation_(object.generation), object_(std::move(object)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // Takes some 10 us the first time; from then on only the text is kept.
  const std::string& json();

 private:
  std::string name_;
  std::uint64_t generation_;
  std::optional<JailObject> object_;  // until it is text
  std::string json_;
};

struct JailViews {
  std::vector<std::shared_ptr<JailView>> items;  // by name
  std::uint64_t event = 0;                       // the last event that is reflected in items
};

}  // namespace jaild
