#include "daemon/host/monitor_commands.h"

#include <utility>

#include "daemon/monitor/protocol.h"

namespace jaild::host {
namespace {

using core::Command;
using core::CommandResult;
using core::Nothing;
using core::Reply;
using nlohmann::json;
using std::chrono::milliseconds;

// Beyond what was asked for itself: time for a machine under load to answer.
constexpr milliseconds answer_slack{10'000};

json command_json(const Command& command) {
  return {{"phase", command.phase},
          {"line", command.line},
          {"in_jail", command.in_jail},
          {"user", command.user},
          {"system_user", command.system_user},
          {"clean", command.clean},
          {"fib", command.fib},
          {"console", command.console},
          {"path", command.path}};
}

// A step of a stop. Nobody waits for the monitor of those as long as for one whose jail is to live.
bool ends_a_run(const std::string& phase) {
  return phase == "exec.prestop" || phase == "exec.stop" || phase == "exec.poststop" || phase == "exec.release";
}

Result<Reply> command_result(const Result<json>& answer) {
  if (!answer) return Fail(answer.error());
  CommandResult result;
  if (answer->contains("code")) result.code = static_cast<int>(json_number(*answer, "code"));
  result.signal = static_cast<int>(json_number(*answer, "signal"));
  result.timed_out = json_flag(*answer, "timed_out");
  return Reply(result);
}

}  // namespace

void MonitorCommands::run(const core::Run& op, Done done) {
  json command = command_json(op.command);
  command["timeout_ms"] = op.command.timeout.count();
  std::optional<milliseconds> patience;
  if (op.command.timeout.count() > 0) patience = op.command.timeout + monitor::kill_grace + answer_slack;
  link_.send(op.key.run, {{"request", "run"}, {"command", std::move(command)}}, patience,
             [done = std::move(done)](Result<json> answer) { done(command_result(answer)); });
  if (ends_a_run(op.command.phase)) link_.end_unless_it_answers(op.key.run);
}

void MonitorCommands::cancel(const core::Cancel& op, Done done) {
  link_.send(op.key.run, {{"request", "cancel"}}, answer_slack, [done = std::move(done)](Result<json> answer) {
    // Without a monitor there is no command either.
    if (!answer && answer.error().kind != Kind::unavailable) return done(Fail(answer.error()));
    done(Reply(Nothing{}));
  });
}

void MonitorCommands::start_main(const core::StartMain& op, Done done) {
  link_.send(op.key.run, {{"request", "main"}, {"command", command_json(op.command)}}, exec_patience,
             [done = std::move(done)](Result<json> answer) {
               if (!answer) return done(Fail(answer.error()));
               done(Reply(Nothing{}));
             });
}

void MonitorCommands::terminate(const core::Terminate& op, Done done) {
  link_.send(op.key.run, {{"request", "terminate"}, {"timeout_ms", op.timeout.count()}}, op.timeout + answer_slack,
             [done = std::move(done)](Result<json> answer) {
               if (!answer) return done(Fail(answer.error()));
               done(Reply(core::Terminated{static_cast<int>(json_number(*answer, "left"))}));
             });
  link_.end_unless_it_answers(op.key.run);
}

}  // namespace jaild::host
