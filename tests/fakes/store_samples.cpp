#include "tests/fakes/store_samples.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace jaild::store::samples {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

WallTime at(std::int64_t ms) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(milliseconds(ms)));
}

constexpr std::int64_t new_year_2026_ms = 1'767'225'600'000;

template <class T, class Ask>
Result<T> ask(Ask&& call) {
  auto promise = std::make_shared<std::promise<Result<T>>>();  // shared: an answer may come after we gave up
  std::future<Result<T>> answer = promise->get_future();
  call([promise](Result<T> result) { promise->set_value(std::move(result)); });
  if (answer.wait_for(seconds(60)) != std::future_status::ready) return Fail(Kind::timeout, "the store did not answer");
  return answer.get();
}

}  // namespace

JailSpec full_spec() {
  JailSpec spec;
  spec.params = {{"path", std::string("/jail/www1")},
                 {"host.hostname", std::string("www1.example.org")},
                 {"ip4.addr", std::vector<std::string>{"em0|203.0.113.5/24", "203.0.113.6"}},
                 {"mount.devfs", true},
                 {"children.max", std::int64_t{4}},
                 {"exec.start", std::vector<std::string>{"/bin/sh /etc/rc"}},
                 {"exec.clean", true}};
  spec.command = "/usr/local/bin/http-echo -listen :9999";
  spec.rctl = {RctlRule::parse("memoryuse:deny=2g").value(), RctlRule::parse("maxproc:log=500").value()};
  spec.cpuset = CpuList::parse("0-1,3").value();
  spec.restart = {RestartPolicy::always, seconds(2), seconds(60), 5, seconds(600)};
  HealthSettings health;
  health.kind = HealthKind::http;
  health.target = "http://127.0.0.1:9999/ok";
  health.expect_status = 204;
  health.interval = seconds(20);
  health.timeout = seconds(4);
  health.start_period = seconds(5);
  health.failures = 4;
  health.successes = 2;
  health.on_failure = HealthAction::none;
  spec.health = health;
  spec.autostart = false;
  spec.priority = 10;
  spec.labels = {{"tier", "web"}, {"owner", "Zoë"}};
  return spec;
}

LastExit exit_of(int code) {
  return {at(new_year_2026_ms + code), code, 0, "command exited with " + std::to_string(code)};
}

JailRecord full_jail(const std::string& name, std::uint64_t generation) {
  JailRecord jail;
  jail.name = name;
  jail.generation = generation;
  jail.desired = Desired::stopped;
  jail.deleting = true;
  jail.spec = full_spec();
  jail.updated_at = at(new_year_2026_ms + 123);
  jail.by = "uid 1001";
  jail.restarts = 7;
  jail.last_exit = LastExit{at(new_year_2026_ms + 7), std::nullopt, 11, "command ended by SIGSEGV"};
  jail.finished = true;
  jail.failure = "mount /jail/www1/dev: Device busy";
  jail.restart = {
      milliseconds(1500), {at(new_year_2026_ms + 1), at(new_year_2026_ms + 2)}, true, at(new_year_2026_ms + 9)};
  return jail;
}

RunRecord full_run(const std::string& name, std::uint64_t run) {
  using core::ResourceKind;
  RunRecord record;
  record.key = {name, run, 12};
  record.generation = 3;
  record.spec = full_spec();
  record.phase = core::RunPhase::stopping;
  record.boot_id = "0b1c6f0e-7d0c-4f7e-9a3b-1d2c3b4a5968";
  record.started_at = at(new_year_2026_ms + 55);
  record.before_create = {
      {ResourceKind::interface, "jd12a", {{"peer", "jd12b"}}, false},
      {ResourceKind::alias, "em0|203.0.113.5/24", {}, true},
      {ResourceKind::mount, "/jail/www1/dev", {{"fstype", "devfs"}, {"options", "ro"}, {"fsid", "ff00ff71"}}, false},
  };
  record.after_create = {{ResourceKind::dataset, "tank/www1", {{"jailed", ""}}, false},
                         {ResourceKind::cgroup, "jaild/www1", {}, false}};
  record.hook_rules = {"jail:www1:maxproc:deny=100", "jail:www1:nthr:log=5/user"};
  return record;
}

JailRecord plain_jail(const std::string& name, std::uint64_t generation) {
  JailRecord jail;
  jail.name = name;
  jail.generation = generation;
  jail.spec.params = {{"path", "/jail/" + name}, {"persist", true}};
  jail.updated_at = at(new_year_2026_ms + static_cast<std::int64_t>(generation));
  jail.by = "uid 0";
  return jail;
}

JailEvent event(std::uint64_t id, const std::string& jail, EventType type) {
  return {id,
          at(new_year_2026_ms + static_cast<std::int64_t>(id)),
          type,
          jail,
          "event " + std::to_string(id),
          {{"n", std::to_string(id)}}};
}

Result<void> commit(Store& store, std::vector<Mutation> mutations) {
  return ask<void>([&](auto done) { store.commit(std::move(mutations), std::move(done)); });
}
Result<HistoryPage> history(Store& store, const std::string& name, const HistoryQuery& query) {
  return ask<HistoryPage>([&](auto done) { store.history(name, query, std::move(done)); });
}
Result<std::vector<JailEvent>> events(Store& store, const EventQuery& query) {
  return ask<std::vector<JailEvent>>([&](auto done) { store.events(query, std::move(done)); });
}

std::vector<std::uint64_t> ids(const std::vector<JailEvent>& events) {
  std::vector<std::uint64_t> found;
  for (const JailEvent& one : events) found.push_back(one.id);
  return found;
}

}  // namespace jaild::store::samples
