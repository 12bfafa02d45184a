// A world for one Supervisor: carries out its actions at once, with answers that a test can script.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/supervisor.h"
#include "tests/fakes/requests.h"

namespace jaild::core {

class World {
 public:
  explicit World(SupervisorOptions options = {{}, 4, "boot1", 1}) : supervisor(std::move(options)) {
    run(supervisor.recover({}, {}, now));
  }
  World(SupervisorOptions options, Snapshot snapshot, Survey found)
      : survey(std::move(found)), supervisor(std::move(options)) {
    run(supervisor.recover(std::move(snapshot), survey, now));
  }

  // What an operation answers; empty: success. nullopt: it hangs until `release()`.
  std::function<std::optional<Result<Reply>>(const Op&)> host;
  std::function<Result<void>(const Commit&)> store;  // empty: success

  void feed(Input input) { run(supervisor.on_input(std::move(input), now)); }

  Result<ChangeReply> ask(ChangeRequest request) {
    const Ticket ticket = ++last_ticket_;
    feed(ChangeRequested{ticket, std::move(request)});
    return answers.contains(ticket) ? answers.at(ticket) : Fail(Kind::internal, "no answer");
  }

  [[nodiscard]] Ticket last_ticket() const { return last_ticket_; }

  // One more piece of each plan that was held.
  void go_on_with_plans() {
    for (const Ticket ticket : std::exchange(held_plans, {})) feed(PlanContinued{ticket});
  }
  bool holds_plans = false;
  std::vector<Ticket> held_plans;

  // Commits wait from now on, until release_commits().
  void hold_commits() { holding_ = true; }
  void release_commits() {
    holding_ = false;
    for (const auto& commit : std::exchange(held_, {})) carry_out(commit);
  }

  Result<ChangeReply> declare(const std::string& name, JailSpec spec, Desired desired = Desired::running) {
    return ask(tests::declare(name, std::move(spec), desired));
  }

  // Lets time pass, tick by tick.
  void pass(std::chrono::seconds duration) {
    const MonoTime end = now.mono + duration;
    while (supervisor.next_deadline() <= end) {
      step_to(std::max(now.mono, supervisor.next_deadline()));
      feed(Tick{});
    }
    step_to(end);
  }

  // Completes what hangs.
  void release(Result<Reply> result = Reply{Nothing{}}) {
    auto hanging = std::exchange(hanging_, {});
    for (const auto& op : hanging) feed(OpDone{op.id, result});
  }

  [[nodiscard]] JailState state(const std::string& name) const { return supervisor.get(name)->status.state; }
  [[nodiscard]] std::string reason(const std::string& name) const { return supervisor.get(name)->status.reason; }
  [[nodiscard]] JailKey key(const std::string& name) const { return supervisor.find(name)->run()->key; }
  [[nodiscard]] std::size_t hanging() const { return hanging_.size(); }

  // Every operation so far, as "name step" ("web create"), oldest first.
  std::vector<std::string> log;
  std::vector<JailEvent> told;   // to those who follow
  std::vector<JailEvent> steps;  // as they were shown
  std::vector<Mutation> durable;
  std::map<Ticket, Result<ChangeReply>> answers;  // the n-th request has ticket n
  Survey survey;
  Now now{std::chrono::hours{1}, WallTime{std::chrono::hours{24 * 365 * 56}}};
  Supervisor supervisor;

 private:
  void step_to(MonoTime when) {
    now.wall += std::chrono::duration_cast<WallTime::duration>(when - now.mono);
    now.mono = when;
  }

  void run(std::vector<Action> actions) {
    const bool outermost = queue_.empty();
    for (auto& action : actions) queue_.push_back(std::move(action));
    if (!outermost || busy_) return;
    busy_ = true;
    while (!queue_.empty()) {
      auto action = std::move(queue_.front());
      queue_.pop_front();
      std::visit([this](auto& each) { carry_out(each); }, action);
    }
    busy_ = false;
  }

  void carry_out(const Perform& perform) {
    log.push_back(describe(perform.op));
    std::optional<Result<Reply>> result;
    if (host) {
      result = host(perform.op);
      if (!result) {
        hanging_.push_back(perform.op);
        return;
      }
    }
    if (!result || (result->has_value() && std::holds_alternative<Nothing>(**result))) result = success(perform.op);
    feed(OpDone{perform.op.id, std::move(*result)});
  }
  void carry_out(const Commit& commit) {
    if (holding_) {
      held_.push_back(commit);
      return;
    }
    const auto result = store ? store(commit) : Result<void>{};
    if (result) durable.insert(durable.end(), commit.mutations.begin(), commit.mutations.end());
    feed(Committed{commit.id, result});
  }
  void carry_out(const Answer& answer) { answers.emplace(answer.ticket, answer.result); }
  void carry_out(const ContinuePlan& plan) {
    if (holds_plans) {
      held_plans.push_back(plan.ticket);
    } else {
      feed(PlanContinued{plan.ticket});
    }
  }
  void carry_out(const GoOn&) { feed(GoneOn{}); }
  void carry_out(const Notify&) {}
  void carry_out(const Publish& publish) { told.push_back(publish.event); }
  void carry_out(const ShowStep& step) { steps.push_back(step.event); }
  void carry_out(const LookAround&) { feed(Surveyed{survey}); }

  Reply success(const Op& op) {
    if (std::holds_alternative<Resolve>(op.what)) return Resolved{};
    if (const auto* acquire = std::get_if<Acquire>(&op.what)) return acquire->entry;
    if (std::holds_alternative<Create>(op.what)) return Created{++last_jid_};
    if (std::holds_alternative<Run>(op.what)) return CommandResult{0, 0, false};
    if (std::holds_alternative<Terminate>(op.what)) return Terminated{0};
    return Nothing{};
  }

  static std::string describe(const Op& op) {
    struct Describe {
      std::string operator()(const Resolve& each) const { return each.name + " resolve"; }
      std::string operator()(const OpenMonitor& each) const { return each.key.name + " open monitor"; }
      std::string operator()(const CloseMonitor& each) const { return each.key.name + " close monitor"; }
      std::string operator()(const Acquire& each) const { return each.key.name + " acquire " + each.entry.id; }
      std::string operator()(const Release& each) const { return each.key.name + " release " + each.entry.id; }
      std::string operator()(const Create& each) const { return each.key.name + " create"; }
      std::string operator()(const Remove& each) const { return each.key.name + " remove"; }
      std::string operator()(const SetRules& each) const {
        return each.key.name + " rules " + std::to_string(each.rules.size());
      }
      std::string operator()(const SetCpuset& each) const { return each.key.name + " cpuset"; }
      std::string operator()(const SetParams& each) const {
        return each.key.name + " set " + each.params.begin()->first;
      }
      std::string operator()(const Run& each) const { return each.key.name + " " + each.command.phase; }
      std::string operator()(const Cancel& each) const { return each.key.name + " cancel"; }
      std::string operator()(const StartMain& each) const { return each.key.name + " main"; }
      std::string operator()(const Terminate& each) const { return each.key.name + " terminate"; }
    };
    return std::visit(Describe{}, op.what);
  }

  std::deque<Action> queue_;
  bool busy_ = false;
  std::vector<Op> hanging_;
  bool holding_ = false;
  std::vector<Commit> held_;
  Ticket last_ticket_ = 0;
  int last_jid_ = 0;
};

inline JailSpec service(const std::string& command = "httpd") {
  JailSpec spec;
  spec.params["path"] = std::string("/jail");
  spec.command = command;
  return spec;
}

inline JailSpec depending(std::vector<std::string> depend) {
  auto spec = service();
  spec.params["depend"] = std::move(depend);
  return spec;
}

inline LastExit exit_with(int code) {
  return {WallTime{}, code, 0, "command exited with " + std::to_string(code)};
}

}  // namespace jaild::core
