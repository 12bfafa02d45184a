// Why a jail that shall run does not start, and whether that ends by itself or a person has to do something.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

namespace jaild::client {

enum class Hold {
  none,        // it is not held up
  queued,      // it is about to start, or waits for a start slot
  passes,      // it waits for what is on its way
  needs_help,  // jaild may try again, but only a change from outside helps
};

struct Hindrance {
  Hold hold = Hold::none;
  std::string reason;  // one clause: "waits for db, which is failed: exec.start: exited with 1"
  std::string next;    // with needs_help: what to do
};

// The jail as it is now; null when there is none.
using LookAt = std::function<nlohmann::json(const std::string& name)>;

// Of a jail that was asked to start. What it depends on is looked at where it waits for that.
[[nodiscard]] Hindrance hindrance_of(const nlohmann::json& object, const LookAt& look_at);

}  // namespace jaild::client
