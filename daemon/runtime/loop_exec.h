// A host's ExecSession for those who live on the loop: its callbacks are posted there, and none comes after the end.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/server/service.h"
#include "daemon/host/exec.h"
#include "daemon/runtime/loop.h"

namespace jaild::runtime {

// Commands that people run at the same time, in all jails and in one: each holds six descriptors, and one jail's must
// not keep people out of the others. Below what a monitor takes (half of commands_max).
constexpr std::size_t execs_max = 64;
constexpr std::size_t execs_of_jail_max = 16;

// Loop thread only.
class ExecSlots {
 public:
  using Slot = std::shared_ptr<const void>;  // a place, for as long as somebody holds it; may outlive the book

  // Kind::overloaded: there is none left.
  Result<Slot> take(const std::string& jail);

 private:
  struct Taken {
    std::size_t all = 0;
    std::map<std::string, std::size_t> by_jail;
  };
  std::shared_ptr<Taken> taken_ = std::make_shared<Taken>();
};

// Loop thread only. `loop` outlives it.
class LoopExec final : public server::ExecProcess {
 public:
  LoopExec(Loop& loop, ExecSlots::Slot slot) : loop_(loop), slot_(std::move(slot)) {}
  LoopExec(const LoopExec&) = delete;
  LoopExec& operator=(const LoopExec&) = delete;
  ~LoopExec() override { *alive_ = false; }

  void begin(std::unique_ptr<host::ExecSession> session) { session_ = std::move(session); }  // before all others

  void read(server::Done<ExecEvent> done) override;
  void write(std::string bytes, std::function<void()> taken) override;
  void resize(TerminalSize size) override { session_->resize(size); }
  void signal(int number) override { session_->signal(number); }

 private:
  Loop& loop_;
  const ExecSlots::Slot slot_;
  std::unique_ptr<host::ExecSession> session_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace jaild::runtime
