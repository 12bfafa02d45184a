#include "daemon/runtime/engine.h"

#include <algorithm>

#include "api/contract/validate.h"

namespace jaild::runtime {

std::vector<FieldError> mistakes_in(const std::string& name, const JailSpec& spec, const host::Host& host) {
  auto mistakes = validate(name, spec, host.profile());
  const auto refused = host.check(name, spec, "/spec");
  mistakes.insert(mistakes.end(), refused.begin(), refused.end());
  return mistakes;
}

namespace {

// What core has to know of the host to take over a jail that others made.
core::SupervisorOptions on_host(core::SupervisorOptions options, const host::Host& host) {
  options.adoption.host_cpus = host.profile().cpus.ids();
  options.adoption.adopts = host.profile().host != "linux";  // no jail(8) there
  options.adoption.check = [&host](const std::string& name, const JailSpec& spec) {
    return mistakes_in(name, spec, host);
  };
  options.ways.things_of = [&host](const std::string& name, const JailSpec& spec) { return host.planned(name, spec); };
  if (const auto& live = host.profile().live_params; !live.empty()) {
    options.ways.changes_live = [&live](const std::string& param) {
      return std::ranges::find(live, param) != live.end();
    };
  }
  return options;
}

}  // namespace

Engine::Engine(Loop& loop, host::Host& host, store::Store& store, core::SupervisorOptions options)
    : loop_(loop), host_(host), store_(store), supervisor_(on_host(std::move(options), host)) {}

Engine::~Engine() {
  stop();
}

template <class Task>
std::function<void()> Engine::while_alive(Task task) {
  return [alive = std::weak_ptr<bool>(alive_), task = std::move(task)]() mutable {
    if (const auto held = alive.lock(); held && *held) task();
  };
}

Result<void> Engine::start() {
  auto snapshot = store_.load();
  if (!snapshot) return Fail(snapshot.error());
  host::Sink sink;
  // Completions are posted even when they come on the loop thread: an input is never taken while another one is.
  const std::weak_ptr<bool> alive = alive_;
  sink.done = [this, &loop = loop_, alive](host::OpDone done) {
    loop.post([this, alive, done = std::move(done)]() mutable {
      if (const auto held = alive.lock(); held && *held) take(std::move(done));
    });
  };
  sink.event = [this, &loop = loop_, alive](host::Event event) {
    loop.post([this, alive, event = std::move(event)]() mutable {
      if (const auto held = alive.lock(); held && *held) take(std::move(event));
    });
  };
  if (auto started = host_.start(std::move(sink)); !started) return started;
  auto survey = host_.survey();
  if (!survey) return Fail(survey.error().in("looking at the kernel's jails"));
  tokens_ = std::exchange(snapshot->tokens, {});
  for (const core::JailRecord& record : snapshot->jails) host_.declared(record.spec.text("path", "/"));
  carry_out(supervisor_.recover(std::move(*snapshot), *survey, loop_.now()));
  arm();
  return {};
}

void Engine::stop() {
  if (!*alive_) return;
  *alive_ = false;
  host_.stop();
}

void Engine::take(core::Input input) {
  if (const auto* done = std::get_if<core::OpDone>(&input)) {
    if (done->id > first_probe) {
      finish_probe(*done);
      return;
    }
    auto culprit = note_done(*done);
    take(std::move(input), std::move(culprit));
    return;
  }
  auto culprit = culprit_of(input);
  take(std::move(input), std::move(culprit));
}

void Engine::take(core::Input input, Culprit culprit) {
  const auto began = loop_.now();
  carry_out(supervisor_.on_input(std::move(input), began));
  answer_waiters();
  arm();
  if (observer_ != nullptr) observer_->on_input(culprit, loop_.now().mono - began.mono);
}

void Engine::probe(const core::JailKey& key, core::Command command, ProbeDone done) {
  const auto id = ++last_probe_;
  probes_.emplace(id, std::move(done));
  host_.submit(core::Op{id, core::Run{key, std::move(command)}});
}

void Engine::finish_probe(const core::OpDone& done) {
  const auto probe = probes_.find(done.id);
  if (probe == probes_.end()) return;
  const auto told = std::move(probe->second);
  probes_.erase(probe);
  if (!done.result) {
    told(Fail(done.result.error()));
  } else if (const auto* result = std::get_if<core::CommandResult>(&*done.result)) {
    told(*result);
  }
}

Culprit Engine::note_done(const core::OpDone& done) {
  const auto found = operations_.find(done.id);
  if (found == operations_.end()) return {"done", "", ""};
  auto operation = std::move(found->second);
  operations_.erase(found);
  if (observer_ != nullptr) {
    observer_->on_operation(operation.name, done.result.has_value(), loop_.now().mono - operation.began);
  }
  return {"done", operation.name, std::move(operation.jail)};
}

void Engine::change(ChangeRequest request, std::chrono::seconds wait, ChangeDone done) {
  if (is_full()) {
    done(Fail(Kind::overloaded, "too many requests wait"));
    return;
  }
  const core::Ticket ticket = ++last_ticket_;
  tickets_.emplace(ticket, std::pair{request.dry_run ? std::chrono::seconds{0} : wait, std::move(done)});
  take(core::ChangeRequested{ticket, std::move(request)});
}

void Engine::record(core::RecordRequested request, std::function<void(Result<void>)> done) {
  if (is_full()) {
    done(Fail(Kind::overloaded, "too many requests wait"));
    return;
  }
  request.ticket = ++last_ticket_;
  auto answer = [done = std::move(done)](const Result<ChangeReply>& reply) {
    if (!reply) return done(Fail(reply.error()));
    done({});
  };
  tickets_.emplace(request.ticket, std::pair{std::chrono::seconds{0}, std::move(answer)});
  take(std::move(request));
}

void Engine::shut_down_jails(std::chrono::seconds budget, std::function<void(bool)> done) {
  shutdown_done_ = std::move(done);
  shutdown_deadline_ = loop_.now().mono + budget;
  take(core::ShutdownRequested{budget});
}

void Engine::carry_out(std::vector<core::Action> actions) {
  for (auto& action : actions) std::visit([this](auto&& each) { carry_out(std::move(each)); }, std::move(action));
}

void Engine::carry_out(core::Perform perform) {
  operations_.emplace(perform.op.id,
                      Operation{core::operation_name(perform.op), core::jail_of(perform.op), loop_.now().mono});
  host_.submit(std::move(perform.op));
}

void Engine::carry_out(core::Commit commit) {
  const auto began = loop_.now().mono;
  auto jail = jail_of(commit.mutations);
  for (const core::Mutation& mutation : commit.mutations) {
    if (const auto* put = std::get_if<core::PutJail>(&mutation)) host_.declared(put->record.spec.text("path", "/"));
  }
  store_.commit(std::move(commit.mutations), [this, &loop = loop_, id = commit.id, began, jail = std::move(jail),
                                              alive = std::weak_ptr<bool>(alive_)](Result<void> result) {
    loop.post([this, id, began, jail, alive, result = std::move(result)]() mutable {
      const auto held = alive.lock();
      if (!held || !*held) return;
      if (observer_ != nullptr) observer_->on_commit(result, loop_.now().mono - began);
      take(core::Committed{id, std::move(result)}, {"committed", "", std::move(jail)});
    });
  });
}

void Engine::carry_out(core::Answer answer) {
  const auto found = tickets_.find(answer.ticket);
  if (found == tickets_.end()) return;
  auto [wait, done] = std::move(found->second);
  tickets_.erase(found);
  if (!answer.result || wait <= std::chrono::seconds{0} || answer.result->settled) {
    done(std::move(answer.result));
    return;
  }
  auto names = answer.result->jails;
  waiters_.push_back({std::move(names), loop_.now().mono + wait,
                      [this, reply = std::move(*answer.result), tell = std::move(done)] { finish(reply, tell); }});
}

// The rest of the loop has its turn first.
void Engine::carry_out(core::ContinuePlan plan) {
  loop_.post(while_alive([this, plan] { take(core::PlanContinued{plan.ticket}); }));
}

void Engine::carry_out(core::GoOn) {
  loop_.post(while_alive([this] { take(core::GoneOn{}); }));
}

// The answer tells of things as they are at the end of the wait.
void Engine::finish(ChangeReply reply, const ChangeDone& done) const {
  reply.settled = std::ranges::all_of(reply.jails, [this](const std::string& name) { return is_over(name); });
  std::erase_if(reply.objects, [this](JailObject& object) {
    const auto* jail = supervisor_.find(object.name);
    if (jail != nullptr) object = jail->object();
    return jail == nullptr;
  });
  done(std::move(reply));
}

void Engine::carry_out(core::Notify notify) {
  if (observer_ != nullptr) observer_->on_fact(notify.event);
}

void Engine::carry_out(core::Publish publish) {
  if (observer_ != nullptr) observer_->on_event(publish.event);
}

void Engine::carry_out(core::ShowStep step) {
  if (observer_ != nullptr) observer_->on_step(step.event);
}

void Engine::carry_out(core::LookAround) {
  loop_.offload([this, &loop = loop_, &host = host_, alive = std::weak_ptr<bool>(alive_)] {
    auto survey = host.survey();
    loop.post([this, alive, survey = std::move(survey)]() mutable {
      const auto held = alive.lock();
      if (!held || !*held) return;
      take(core::Surveyed{std::move(survey)});
    });
  });
}

bool Engine::is_over(const std::string& name) const {
  const auto* jail = supervisor_.find(name);
  return jail == nullptr || jail->settled() || jail->failed();
}

void Engine::answer_waiters() {
  const auto now = loop_.now().mono;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const auto& names = waiter->names;
    if (now < waiter->deadline &&
        !std::all_of(names.begin(), names.end(), [this](const auto& each) { return is_over(each); })) {
      ++waiter;
      continue;
    }
    const auto answer = std::move(waiter->answer);
    waiter = waiters_.erase(waiter);
    answer();
  }
  if (shutdown_done_ && (supervisor_.all_down() || loop_.now().mono >= shutdown_deadline_)) {
    std::exchange(shutdown_done_, nullptr)(supervisor_.all_down());
  }
}

void Engine::arm() {
  auto when = supervisor_.next_deadline();
  for (const auto& waiter : waiters_) when = std::min(when, waiter.deadline);
  if (shutdown_done_) when = std::min(when, shutdown_deadline_);
  loop_.arm(when, while_alive([this] { take(core::Tick{}); }));
}

}  // namespace jaild::runtime
