#include "daemon/runtime/jail_service.h"

#include <system_error>

#include "api/contract/mistakes.h"
#include "daemon/runtime/log_reader.h"

namespace jaild::runtime {

class JailService::Listener final : public server::Subscription {
 public:
  Listener(std::weak_ptr<JailService*> service, std::uint64_t id) : service_(std::move(service)), id_(id) {}
  ~Listener() override {
    if (const auto held = service_.lock(); held && *held != nullptr) (*held)->listeners_.erase(id_);
  }

 private:
  std::weak_ptr<JailService*> service_;
  std::uint64_t id_;
};

class JailService::Reading final : public server::LogReading {
 public:
  Reading(std::weak_ptr<JailService*> service, std::shared_ptr<LogReader> reader)
      : service_(std::move(service)), reader_(std::move(reader)) {}

  void next(server::Done<LogPage> done) override {
    const auto held = service_.lock();
    if (!held || *held == nullptr) return done(Fail(Kind::unavailable, "jaild is stopping"));
    (*held)->ask<LogPage>([reader = reader_] { return reader->next(); }, std::move(done));
  }

 private:
  std::weak_ptr<JailService*> service_;
  std::shared_ptr<LogReader> reader_;  // with the page under way, which may outlive this
};

namespace {

// What the host says against the specs of a request. Pure; any thread.
std::vector<FieldError> mistakes_on_host(const ChangeRequest& request, const host::Host& host) {
  std::vector<FieldError> mistakes;
  for (std::size_t place = 0; place < request.changes.size(); ++place) {
    const Change& change = request.changes[place];
    const auto* wanted = std::get_if<Put>(&change.what);
    if (wanted == nullptr) continue;
    const auto refused = host.check(change.name, wanted->spec, pointer_to(request, place) + "/spec");
    mistakes.insert(mistakes.end(), refused.begin(), refused.end());
  }
  return mistakes;
}

// Each once.
Error all_of(const std::vector<FieldError>& first, const std::vector<FieldError>& second) {
  Mistakes mistakes;
  for (const auto* list : {&first, &second}) {
    for (const auto& each : *list) mistakes.add(each.pointer, each.detail);
  }
  return mistakes.error();
}

}  // namespace

JailService::JailService(Loop& loop, Engine& engine, host::Host& host, store::Store& store, metrics::Metrics& metrics,
                         std::filesystem::path console_dir)
    : loop_(loop),
      engine_(engine),
      host_(host),
      store_(store),
      metrics_(metrics),
      tokens_(loop,
              [&engine](core::RecordRequested record, std::function<void(Result<void>)> done) {
                engine.record(std::move(record), std::move(done));
              }),
      console_dir_(std::move(console_dir)),
      usage_walk_(loop, host),
      self_(std::make_shared<JailService*>(this)) {
  engine_.set_observer(this);
}

JailService::~JailService() {
  engine_.set_observer(nullptr);
  *self_ = nullptr;
}

template <class T>
void JailService::ask(std::function<Result<T>()> work, server::Done<T> done) {
  loop_.offload([&loop = loop_, work = std::move(work), done = std::move(done), self = self_] {
    auto result = std::make_shared<Result<T>>(work());
    loop.post([result, done, self] {
      if (*self != nullptr) done(std::move(*result));
    });
  });
}

const HostProfile& JailService::profile() const {
  return host_.profile();
}

server::Readiness JailService::readiness() const {
  server::Readiness readiness;
  readiness.ready = true;
  // Ready all the same: what runs runs on and reads are answered, and only the next write tells whether it still holds.
  const std::string written = store_failure_.empty() ? "ok" : "the last write failed: " + store_failure_;
  readiness.checks.emplace_back("store", store_fault_.empty() ? written : store_fault_);
  readiness.checks.emplace_back("racct", host_.profile().racct ? "ok" : "off: " + host_.profile().racct_hint);
  return readiness;
}

void JailService::note_store_fault(std::string fault) {
  if (fault.empty() && !store_fault_.empty()) store_failure_.clear();  // it was that, and is over
  store_fault_ = std::move(fault);
}

Result<JailObject> JailService::get(const std::string& name) const {
  return engine_.supervisor().get(name);
}

Result<std::shared_ptr<JailView>> JailService::view(const std::string& name) {
  const auto* jail = engine_.supervisor().find(name);
  if (jail == nullptr) {
    auto foreign = get(name);
    if (!foreign) return Fail(foreign.error());
    return std::make_shared<JailView>(*std::move(foreign));
  }
  KeptView& kept = views_[name];
  if (!kept.view || kept.revision != jail->revision()) {
    kept = {jail->revision(), std::make_shared<JailView>(jail->object())};
  }
  return kept.view;
}

JailViews JailService::list(const ListQuery& query) {
  JailViews list;
  list.event = engine_.supervisor().last_event();
  for (const auto& name : engine_.supervisor().names(query)) {
    if (auto one = view(name)) list.items.push_back(*std::move(one));
  }
  return list;
}

std::vector<FieldError> JailService::objections(const ChangeRequest& request) const {
  auto mistakes = mistakes_on_host(request, host_);
  const auto among = engine_.supervisor().mistakes_among_jails(request);
  mistakes.insert(mistakes.end(), among.begin(), among.end());
  return mistakes;
}

void JailService::offload(std::function<void()> work, std::function<void()> done) {
  loop_.offload([&loop = loop_, work = std::move(work), done = std::move(done), self = self_] {
    work();
    loop.post([done, self] {
      if (*self != nullptr) done();
    });
  });
}

void JailService::change(ChangeRequest request, std::chrono::seconds wait, server::Done<ChangeReply> done) {
  if (!request.is_set) {
    const auto refused = mistakes_on_host(request, host_);
    return change_checked(std::move(request), refused, wait, std::move(done));
  }
  struct Checked {
    ChangeRequest request;
    std::vector<FieldError> refused;
  };
  auto checked = std::make_shared<Checked>(std::move(request), std::vector<FieldError>{});
  offload([checked, &host = host_] { checked->refused = mistakes_on_host(checked->request, host); },
          [this, checked, wait, done = std::move(done)]() mutable {
            change_checked(std::move(checked->request), checked->refused, wait, std::move(done));
          });
}

// What the jails forbid each other is found by the plan: only where the host refuses too is it asked for here, so that
// all is told at once.
void JailService::change_checked(ChangeRequest request, const std::vector<FieldError>& refused,
                                 std::chrono::seconds wait, server::Done<ChangeReply> done) {
  if (!refused.empty()) {
    return done(Fail(all_of(refused, engine_.supervisor().mistakes_among_jails(std::move(request)))));
  }
  engine_.change(std::move(request), wait, [done = std::move(done)](Result<ChangeReply> reply) {
    const bool mistaken = !reply && reply.error().kind == Kind::invalid && !reply.error().fields.empty();
    done(mistaken ? Result<ChangeReply>(Fail(all_of(reply.error().fields, {}))) : std::move(reply));
  });
}

void JailService::create_token(const TokenRequest& request, const Requester& who, server::Done<NewToken> done) {
  tokens_.create(request, who, std::move(done));
}

void JailService::delete_token(const std::string& id, const Requester& who, server::Done<Token> done) {
  tokens_.erase(id, who, std::move(done));
}

Result<core::JailKey> JailService::running_key(const std::string& name) const {
  const auto* jail = engine_.supervisor().find(name);
  if (jail == nullptr) {
    const auto& foreign = engine_.supervisor().foreign();
    if (const auto facts = foreign.find(name); facts != foreign.end()) return core::JailKey{name, 0, facts->second.jid};
    return Fail(Kind::not_found, "no jail is called " + name);
  }
  if (!jail->run() || jail->run()->key.jid == 0) return Fail(Kind::not_running, name + " is not running");
  return jail->run()->key;
}

void JailService::usage(const std::string& name, server::Done<std::pair<Usage, std::vector<RctlRule>>> done) {
  auto key = running_key(name);
  if (!key) {
    done(Fail(key.error()));
    return;
  }
  const auto* jail = engine_.supervisor().find(name);
  auto rules = jail == nullptr ? std::vector<RctlRule>{} : jail->run()->spec.rctl;
  using Answer = std::pair<Usage, std::vector<RctlRule>>;
  ask<Answer>(
      [&host = host_, key = *key, rules = std::move(rules)]() -> Result<Answer> {
        auto all = host.usage({key});
        if (!all) return Fail(all.error().in(key.name));
        const auto one = all->find(key.name);
        if (one == all->end()) return Fail(Kind::not_running, key.name + " is not running");
        return Answer{one->second, rules};
      },
      std::move(done));
}

void JailService::processes(const std::string& name, server::Done<std::vector<ProcessInfo>> done) {
  auto key = running_key(name);
  if (!key && key.error().kind == Kind::not_running) {
    done(std::vector<ProcessInfo>{});
    return;
  }
  if (!key) {
    done(Fail(key.error()));
    return;
  }
  ask<std::vector<ProcessInfo>>([&host = host_, key = *key] { return host.processes(key); }, std::move(done));
}

void JailService::history(const std::string& name, HistoryQuery query, server::Done<HistoryPage> done) {
  if (engine_.supervisor().find(name) == nullptr) {
    done(Fail(Kind::not_found, "no jail is called " + name));
    return;
  }
  store_.history(name, query, [&loop = loop_, done = std::move(done), self = self_](Result<HistoryPage> page) {
    loop.post([done, self, page = std::move(page)] {
      if (*self != nullptr) done(page);
    });
  });
}

Result<std::shared_ptr<server::LogReading>> JailService::log(const std::string& name, LogQuery query) {
  auto object = get(name);
  if (!object) return Fail(object.error());
  if (object->generation == 0) {  // and its name may be anything
    return Fail(Kind::conflict, name + " is a foreign jail: what it prints is not jaild's");
  }
  auto reader = std::make_shared<LogReader>((console_dir_ / (name + ".log")).string(), query);
  return std::make_shared<Reading>(self_, std::move(reader));
}

// A log is its jail's: the next jail of the name begins with an empty one.
void JailService::forget_log(const std::string& name) {
  loop_.offload([path = (console_dir_ / (name + ".log")).string()] {
    std::error_code ignored;  // what is not there is what is wanted
    std::filesystem::remove(path, ignored);
    for (int i = 1; i <= log_generations; ++i) std::filesystem::remove(path + "." + std::to_string(i), ignored);
  });
}

void JailService::events(EventQuery query, server::Done<std::vector<JailEvent>> done) {
  store_.events(std::move(query),
                [&loop = loop_, done = std::move(done), self = self_](Result<std::vector<JailEvent>> result) {
                  loop.post([done, self, result = std::move(result)] {
                    if (*self != nullptr) done(result);
                  });
                });
}

std::unique_ptr<server::Subscription> JailService::subscribe(std::function<void(const JailEvent&)> each) {
  const auto id = ++last_listener_;
  listeners_.emplace(id, std::move(each));
  return std::make_unique<Listener>(self_, id);
}

std::uint64_t JailService::last_event() const {
  return engine_.supervisor().last_event();
}

void JailService::on_operation(std::string_view name, bool ok, std::chrono::nanoseconds took) {
  metrics_.observe_step(name, ok, took);
}

void JailService::on_commit(const Result<void>& result, std::chrono::nanoseconds took) {
  metrics_.observe_commit(result.has_value(), took);
  store_failure_ = result ? "" : result.error().message;
}

void JailService::on_input(const Culprit& input, std::chrono::nanoseconds took) {
  metrics_.observe_input(took);
  if (loop_watch_.held(input, took, loop_.now())) metrics_.count_stall("input");
}

void JailService::count_hold(std::string_view method, std::string_view route, std::string_view jail,
                             std::chrono::nanoseconds longest) {
  if (loop_watch_.held({method, route, std::string(jail)}, longest, loop_.now())) metrics_.count_stall("request");
}

Tasks JailService::tasks() const {
  Tasks tasks;
  const auto now = loop_.now().mono;
  for (const auto& [name, jail] : engine_.supervisor().jails()) {
    if (auto task = jail->task(now)) tasks.items.push_back(std::move(*task));
  }
  loop_watch_.describe(tasks);
  return tasks;
}

void JailService::on_fact(const JailEvent& fact) {
  if (first_listener_) first_listener_(fact);
}

void JailService::on_event(const JailEvent& event) {
  if (event.type == EventType::jail_deleted) {
    forget_log(event.jail);
    views_.erase(event.jail);
  }
  tell(event);
}

void JailService::tell(const JailEvent& event) {
  std::vector<std::uint64_t> ids;  // a listener may end its own subscription, or another's, while it is told
  for (const auto& [id, each] : listeners_) ids.push_back(id);
  for (const auto id : ids) {
    if (const auto found = listeners_.find(id); found != listeners_.end()) found->second(event);
  }
}

void JailService::count_request(std::string_view method, std::string_view route, int code,
                                std::chrono::nanoseconds took) {
  metrics_.count_request(method, route, code, took);
}

metrics::Sample JailService::sample() const {
  const auto& supervisor = engine_.supervisor();
  const auto now = loop_.now().mono;
  metrics::Sample sample;
  for (const auto& [name, jail] : supervisor.jails()) {
    metrics::JailSample each;
    each.name = name;
    each.state = jail->state();
    each.desired = jail->record().desired;
    each.ready = jail->ready();
    each.pending = jail->has_pending();
    each.drifted = jail->has_drift();
    each.generation = jail->record().generation;
    if (jail->run()) {
      each.observed_generation = jail->run()->generation;
      if (jail->run()->key.jid != 0) each.jid = jail->run()->key.jid;
      each.started_at = jail->run()->started_at;
    }
    if (const auto& exit = jail->record().last_exit) {
      each.exit_code = exit->code;
      each.exited_at = exit->at;
    }
    if (!core::at_rest(jail->activity())) each.transition = {jail->activity(), now - jail->transition_began()};
    each.counters = jail->counters();
    each.limits = jail->run() ? jail->run()->spec.rctl : jail->record().spec.rctl;
    sample.jails.push_back(std::move(each));
  }
  sample.events = supervisor.event_counts();
  sample.longest_hold = loop_watch_.longest();
  sample.dying = supervisor.dying();
  sample.foreign = supervisor.foreign().size();
  sample.looked_at = supervisor.looked_at();
  sample.racct = host_.profile().racct;
  sample.release = host_.profile().release;
  return sample;
}

void JailService::metrics(server::Done<server::SharedText> done) {
  if (scrapes_.empty() && unread_scrapes() > unread_scrapes_max) {
    done(Fail(Kind::overloaded, "earlier readers of /metrics hold back what they asked for"));
    return;
  }
  scrapes_.push_back(std::move(done));
  if (scrapes_.size() > 1) return;  // joins the walk under way
  std::vector<core::JailKey> keys;
  for (const auto& [name, jail] : engine_.supervisor().jails()) {
    if (jail->run() && jail->run()->key.jid != 0) keys.push_back(jail->run()->key);
  }
  auto sample = std::make_shared<metrics::Sample>(this->sample());
  usage_walk_.begin(std::move(keys), [sample, self = self_, &loop = loop_, &metrics = metrics_](UsageReading reading) {
    sample->collect_duration = reading.took;
    sample->collect_errors = reading.errors;
    for (auto& jail : sample->jails) {
      const auto one = reading.usage.find(jail.name);
      if (one != reading.usage.end()) jail.usage = std::move(one->second);
    }
    const server::SharedText text = std::make_shared<std::string>(metrics.scrape(*sample));
    loop.post([self, text] {
      if (*self != nullptr) (*self)->answer_scrapes(text);
    });
  });
}

void JailService::answer_scrapes(const server::SharedText& text) {
  given_out_.push_back(text);
  for (const auto& each : std::exchange(scrapes_, {})) each(text);
}

std::size_t JailService::unread_scrapes() {
  std::erase_if(given_out_, [](const auto& each) { return each.expired(); });
  std::size_t bytes = 0;
  for (const auto& each : given_out_) {
    if (const auto text = each.lock()) bytes += text->capacity();
  }
  return bytes;
}

}  // namespace jaild::runtime
