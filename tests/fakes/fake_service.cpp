#include "tests/fakes/fake_service.h"

#include <utility>

namespace jaild::server {

class FakeService::Subscriber : public Subscription {
 public:
  Subscriber(std::set<Subscriber*>& all, std::function<void(const JailEvent&)> each)
      : all_(all), each_(std::move(each)) {
    all_.insert(this);
  }
  ~Subscriber() override { all_.erase(this); }
  void tell(const JailEvent& event) { each_(event); }

 private:
  std::set<Subscriber*>& all_;  // the service's
  std::function<void(const JailEvent&)> each_;
};

class FakeService::Reading : public LogReading {
 public:
  Reading(FakeService& service, std::string name, bool follow)
      : service_(service), name_(std::move(name)), follow_(follow) {}
  void next(Done<LogPage> done) override {
    if (service_.log_fails) {
      service_.answer<LogPage>(std::move(done), Fail(*service_.log_fails));
      return;
    }
    const auto& lines = service_.logs[name_];
    LogPage page;
    while (told_ < lines.size() && page.lines.size() < service_.log_page) page.lines.push_back(lines[told_++]);
    page.end = told_ == lines.size();
    page.over = page.end && !follow_;
    service_.answer<LogPage>(std::move(done), std::move(page));
  }

 private:
  FakeService& service_;
  std::string name_;
  bool follow_;
  std::size_t told_ = 0;
};

class FakeService::Process : public ExecProcess, public std::enable_shared_from_this<Process> {
 public:
  Process(FakeService& service, const ExecRequest& request) : service_(service) {
    ++service_.exec_processes;
    service_.processes_.insert(this);
    const auto& words = request.command;
    name_ = words.empty() ? "cat" : words[0];
    if (name_ == "echo") output_ = (words.size() > 1 ? words[1] : "") + "\n";
    if (name_ == "exit") exit_.code = std::stoi(words.at(1));
    ended_ = name_ != "cat" && name_ != "yes" && name_ != "hang";
    if (ended_ && !exit_.code) exit_.code = 0;
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() override {
    --service_.exec_processes;
    service_.processes_.erase(this);
  }

  void read(Done<ExecEvent> done) override {
    const auto self = shared_from_this();  // who is told of the exit lets go of it
    wanted_ = std::move(done);
    give();
  }
  void write(std::string bytes, std::function<void()> taken) override {
    const auto self = shared_from_this();
    service_.exec_input += bytes.size();
    if (name_ == "cat" && bytes.empty()) end({0, 0, false, ""});
    if (name_ == "cat") output_ += bytes;
    give();
    if (name_ != "hang") taken();  // that one reads nothing
  }
  void resize(TerminalSize size) override { service_.exec_sizes.push_back(size); }
  void signal(int number) override {
    const auto self = shared_from_this();
    service_.exec_signals.push_back(number);
    end({{}, number, false, ""});
    give();
  }
  void exit_by_itself() {
    const auto self = shared_from_this();
    end({0, 0, false, ""});
    give();
  }

 private:
  void end(ExecExit exit) {
    ended_ = true;
    exit_ = std::move(exit);
  }
  void give() {
    if (!wanted_) return;
    std::string bytes = name_ == "yes" && !ended_ ? std::string(32 * 1024, 'y') : std::exchange(output_, "");
    if (bytes.empty() && !ended_) return;
    service_.exec_output_read += bytes.size();
    const auto done = std::exchange(wanted_, nullptr);
    if (bytes.empty()) return done(ExecEvent(exit_));
    done(ExecEvent(ExecOutput{ExecStream::output, std::move(bytes)}));
  }

  FakeService& service_;
  std::string name_;
  std::string output_;
  bool ended_ = false;
  ExecExit exit_;
  Done<ExecEvent> wanted_;
};

FakeService::FakeService() {
  host.host = "sim";
  host.os = "FreeBSD";
  host.release = "15.0-RELEASE";
  host.machine = "amd64";
  host.cpus = CpuList::first(8);
  host.racct = true;
  host.kernel_params = {"path", "host.hostname", "persist"};
}

void FakeService::declare(const std::string& name, JailState state) {
  JailObject object;
  object.name = name;
  object.generation = 1;
  object.spec.params["path"] = std::string("/jail/" + name);
  object.spec.params["persist"] = true;
  object.status.state = state;
  jails[name] = object;
}

void FakeService::publish(const std::string& jail, EventType type, const std::string& message) {
  JailEvent event;
  event.id = stored.size() + 1;
  event.jail = jail;
  event.type = type;
  event.message = message.empty() ? jail + " " + std::string(to_string(type)) : message;
  stored.push_back(event);
  for (Subscriber* subscriber : std::set<Subscriber*>(subscribers_)) subscriber->tell(event);
}

void FakeService::show_step(const std::string& jail, StepReport step) {
  const JailEvent event{0, {}, EventType::jail_step, jail, "", {}, std::move(step)};
  for (Subscriber* subscriber : std::set<Subscriber*>(subscribers_)) subscriber->tell(event);
}

void FakeService::answer_held() {
  for (const auto& answer : std::exchange(held, {})) answer();
}

Result<JailObject> FakeService::get(const std::string& name) const {
  const auto found = jails.find(name);
  if (found == jails.end()) return Fail(Kind::not_found, "there is no jail " + name);
  return found->second;
}

Result<std::shared_ptr<JailView>> FakeService::view(const std::string& name) {
  auto object = get(name);
  if (!object) return Fail(object.error());
  return std::make_shared<JailView>(*std::move(object));
}

JailViews FakeService::list(const ListQuery& query) {
  JailViews list;
  list.event = stored.size();
  for (const auto& [name, object] : jails) {
    if (name <= query.after || list.items.size() == query.limit) continue;
    if (query.state && object.status.state != *query.state) continue;
    if (query.label) {
      const auto label = object.spec.labels.find(query.label->first);
      if (label == object.spec.labels.end() || label->second != query.label->second) continue;
    }
    list.items.push_back(std::make_shared<JailView>(object));
  }
  return list;
}

void FakeService::change(ChangeRequest request, std::chrono::seconds wait, Done<ChangeReply> done) {
  waits.push_back(wait);
  ChangeReply reply;
  reply.settled = settle;
  Result<void> done_so_far;
  if (write_error) done_so_far = Fail(*write_error);
  for (const Change& each : request.changes) {
    if (done_so_far) done_so_far = carry_out(request, each, reply);
  }
  requests.push_back(std::move(request));
  answer<ChangeReply>(std::move(done), done_so_far ? Result<ChangeReply>(reply) : Fail(done_so_far.error()));
}

Result<void> FakeService::check_conditions(const Change& change) const {
  const auto found = jails.find(change.name);
  const bool present = found != jails.end();
  if (change.only_if.absent && present) return Fail(Kind::precondition_failed, change.name + " is there");
  if (change.only_if.present && !present) return Fail(Kind::precondition_failed, change.name + " is not there");
  if (change.only_if.generation && (!present || found->second.generation != *change.only_if.generation)) {
    return Fail(Kind::precondition_failed, change.name + " has another generation");
  }
  return {};
}

Result<void> FakeService::carry_out(const ChangeRequest& request, const Change& change, ChangeReply& reply) {
  if (generation_races > 0) {
    --generation_races;
    ++jails[change.name].generation;
  }
  if (auto holds = check_conditions(change); !holds) return holds;
  const bool present = jails.contains(change.name);
  const auto* put = std::get_if<Put>(&change.what);
  if (put != nullptr && put->only_new && present) return Fail(Kind::exists, change.name + " is declared already");
  if (put == nullptr && !present) return Fail(Kind::not_found, "there is no jail " + change.name);
  if (request.dry_run || (request.is_set && !present)) {
    reply.effects.push_back({change.name, Effect::Kind::create, {}, {}});
  }
  if (request.dry_run) return {};
  if (std::holds_alternative<Erase>(change.what) && settle) {
    jails.erase(change.name);
    return {};
  }
  JailObject& object = jails[change.name];
  object.name = change.name;
  if (put != nullptr) {
    reply.created = !present && !request.is_set;
    object.spec = put->spec;
    ++object.generation;
    if (put->desired) object.desired = *put->desired;
  }
  if (const auto* wish = std::get_if<SetDesired>(&change.what)) object.desired = wish->desired;
  reply.objects.push_back(object);
  return {};
}

std::vector<FieldError> FakeService::objections(const ChangeRequest& request) const {
  std::vector<FieldError> all;
  for (std::size_t place = 0; place < request.changes.size(); ++place) {
    for (const auto& each : objected) all.push_back({pointer_to(request, place) + each.pointer, each.detail});
  }
  return all;
}

Result<Token> FakeService::authenticate(std::string_view secret) {
  const auto found = tokens_by_secret.find(std::string(secret));
  if (found == tokens_by_secret.end()) return Fail(Kind::unauthorized, "the bearer token is not valid here");
  return found->second;
}

std::vector<Token> FakeService::tokens() const {
  std::vector<Token> all;
  for (const auto& [secret, token] : tokens_by_secret) all.push_back(token);
  return all;
}

void FakeService::create_token(const TokenRequest& request, const Requester& who, Done<NewToken> done) {
  token_writers.push_back(who);
  Token token{"0123456789ab", request.name, request.role, {}, who.by, {}, {}};
  tokens_by_secret.emplace("secret", token);
  answer<NewToken>(std::move(done), NewToken{token, "secret"});
}

void FakeService::delete_token(const std::string& id, const Requester& who, Done<Token> done) {
  token_writers.push_back(who);
  for (const auto& [secret, token] : tokens_by_secret) {
    if (token.id != id) continue;
    const Token gone = token;
    tokens_by_secret.erase(secret);
    return answer<Token>(std::move(done), gone);
  }
  answer<Token>(std::move(done), Fail(Kind::not_found, "there is no token " + id));
}

void FakeService::usage(const std::string& name, Done<std::pair<Usage, std::vector<RctlRule>>> done) {
  using Answer = std::pair<Usage, std::vector<RctlRule>>;
  const Result<JailObject> object = get(name);
  if (!object) return answer<Answer>(std::move(done), Fail(object.error()));
  if (object->status.state != JailState::running) {
    return answer<Answer>(std::move(done), Fail(Kind::not_running, name + " is not running"));
  }
  Usage usage;
  usage.resources[Resource::memoryuse] = 4096;
  answer<Answer>(std::move(done), Answer{usage, {*RctlRule::parse("memoryuse:deny=2g")}});
}

void FakeService::processes(const std::string& name, Done<std::vector<ProcessInfo>> done) {
  const Result<JailObject> object = get(name);
  if (!object) return answer<std::vector<ProcessInfo>>(std::move(done), Fail(object.error()));
  std::vector<ProcessInfo> all;
  if (object->status.state == JailState::running) all.push_back({42, 1, "root", "sleep 1", "S", 4096, 0.5, {}});
  answer<std::vector<ProcessInfo>>(std::move(done), all);
}

void FakeService::history(const std::string& name, HistoryQuery query, Done<HistoryPage> done) {
  const Result<JailObject> object = get(name);
  if (!object) return answer<HistoryPage>(std::move(done), Fail(object.error()));
  const std::vector<SpecVersion> first{{1, {}, "uid 0", object->spec}};
  answer<HistoryPage>(std::move(done), page_of(versions.empty() ? first : versions, query));
}

Result<std::shared_ptr<LogReading>> FakeService::log(const std::string& name, LogQuery query) {
  if (const Result<JailObject> object = get(name); !object) return Fail(object.error());
  log_queries.push_back(query);
  return std::make_shared<Reading>(*this, name, query.follow);
}

void FakeService::exec(const std::string& name, ExecRequest request, const Requester& who,
                       Done<std::shared_ptr<ExecProcess>> done) {
  const Result<JailObject> object = get(name);
  if (!object) return done(Fail(object.error()));
  if (object->status.state != JailState::running) return done(Fail(Kind::not_running, name + " is not running"));
  execs.push_back(request);
  exec_askers.push_back(who);
  done(std::make_shared<Process>(*this, request));
}

void FakeService::end_execs() {
  for (Process* process : std::set<Process*>(processes_)) process->exit_by_itself();
}

void FakeService::metrics(Done<SharedText> done) {
  answer<SharedText>(std::move(done), std::make_shared<std::string>(metrics_text));
}

void FakeService::events(EventQuery query, Done<std::vector<JailEvent>> done) {
  event_queries.push_back(query);
  if (!hold) return done(find_events(query));
  held.push_back([this, query = std::move(query), done = std::move(done)] { done(find_events(query)); });
}

std::vector<JailEvent> FakeService::find_events(const EventQuery& query) const {
  std::vector<JailEvent> found;
  for (const JailEvent& event : stored) {
    if (event.id <= query.after || found.size() == query.limit) continue;
    if (!query.jail.empty() && event.jail != query.jail) continue;
    if (!query.type.empty() && to_string(event.type) != query.type) continue;
    found.push_back(event);
  }
  return found;
}

std::unique_ptr<Subscription> FakeService::subscribe(std::function<void(const JailEvent&)> each) {
  return std::make_unique<Subscriber>(subscribers_, std::move(each));
}

void FakeService::count_request(std::string_view method, std::string_view route, int code, std::chrono::nanoseconds) {
  counted.push_back({std::string(method), std::string(route), code});
}

void FakeService::count_hold(std::string_view method, std::string_view route, std::string_view jail,
                             std::chrono::nanoseconds longest) {
  loop_holds.push_back({std::string(method) + " " + std::string(route), std::string(jail), longest});
}

}  // namespace jaild::server
