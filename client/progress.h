// The steps of jails on their way, as they happen, on a terminal. Nothing elsewhere.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "client/terminal.h"

namespace jaild::client {

// On standard error: each step that is over as a line, once, and below them one line for what runs now, which is drawn
// anew in its place. With more than `listed_max` jails that one line is all.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t listed_max = 5;
  static constexpr std::chrono::seconds tick{1};

  // `terminal` is not owned.
  Progress(Terminal& terminal, std::size_t jails);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool shown() const { return lists_ || draws_; }
  [[nodiscard]] bool lists() const { return lists_; }

  // What was done before it began is no news.
  void begin(const std::string& name, const nlohmann::json& object);
  void show(const std::string& name, const nlohmann::json& object);
  void end(const std::string& name);  // nothing more of it
  void say(const std::string& name, const std::string& text);

  void draw(Clock::time_point now);  // the line of what runs, where something has run for a tick or longer
  void clear();                      // before anything else is written

 private:
  struct Jail {
    nlohmann::json seen;      // steps
    std::string running;      // the step under way; "" none
    Clock::time_point since;  // that it is
  };
  void list_steps(const std::string& name, Jail& jail, const nlohmann::json& steps);
  void heading(const std::string& name);

  Terminal& terminal_;
  bool lists_;
  bool draws_;
  std::size_t total_;
  std::map<std::string, Jail> jails_;
  std::string headed_;  // the jail that the last line belongs to
  bool drawn_ = false;
};

}  // namespace jaild::client
