#include "daemon/host/monitor_link.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <future>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>

#include "api/contract/json.h"
#include "daemon/host/monitor_process.h"

namespace jaild::host {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using std::chrono::milliseconds;

// Both are answered at once unless the whole machine is slow; a monitor given up too soon costs its jail a restart.
constexpr milliseconds hello_patience{20'000};
// At the start of the daemon, for all of them together: then they are told to go on, in case somebody stopped them
// (SIGSTOP), and after the second time the rest is waited for beside the daemon's work.
constexpr milliseconds first_patience{1'000};
constexpr milliseconds second_patience{500};
// Where the run is over or ends, less is lost, and somebody waits for the stop: a stopped monitor (SIGSTOP) must not
// hold it up.
constexpr milliseconds stop_patience{5'000};
constexpr milliseconds stop_glance{100};

// Runs `job` on the link's thread and waits for it. Who waits may be awake, and gone, before the other thread has left
// the task: so both own it. The same holds for every promise below.
template <class Job>
auto on_thread(asio::io_context& io, Job job) {
  const auto task = std::make_shared<std::packaged_task<decltype(job())()>>(std::move(job));
  auto result = task->get_future();
  asio::post(io, [task] { (*task)(); });
  // A query that is under way while the host stops may come after the last look into the queue.
  while (result.wait_for(stop_glance) != std::future_status::ready) {
    if (io.stopped()) return decltype(job())();
  }
  return result.get();
}

std::optional<LastExit> exit_of(const json& object) {
  const auto member = object.find("exit");
  if (member == object.end()) return std::nullopt;
  auto exit = parse_last_exit(*member);
  if (!exit) return std::nullopt;
  return *exit;
}

// A monitor that is older than "log_error" has it never.
core::LogTrouble log_of(const json& object) {
  constexpr std::size_t text_max = 256;
  const std::int64_t lines = json_number(object, "lost_lines");
  return {static_cast<std::uint64_t>(std::max<std::int64_t>(lines, 0)),
          json_text(object, "log_error").substr(0, text_max)};
}

}  // namespace

MonitorLink::MonitorLink(asio::io_context& io, MonitorPaths paths, Handlers handlers)
    : io_(io), paths_(std::move(paths)), handlers_(std::move(handlers)) {}

Result<void> MonitorLink::start() {
  std::vector<std::future<void>> waits;
  for (const std::uint64_t run : monitor_runs(paths_)) {
    auto socket = connect_monitor(paths_, run);
    if (!socket) {
      // Only the socket: the exit record stays until the core has closed this run.
      std::error_code ignored;
      if (socket.error().kind == Kind::not_found) std::filesystem::remove(monitor_socket(paths_, run), ignored);
      continue;
    }
    auto answered = std::make_shared<std::promise<void>>();
    waits.push_back(answered->get_future());
    greet_async(core::JailKey{"", run, 0}, std::move(*socket), hello_patience,
                [answered](const Result<void>&) { answered->set_value(); });
  }
  const auto all_until = [&waits](std::chrono::steady_clock::time_point deadline) {
    return std::ranges::all_of(
        waits, [deadline](std::future<void>& wait) { return wait.wait_until(deadline) == std::future_status::ready; });
  };
  const auto began = std::chrono::steady_clock::now();
  if (all_until(began + first_patience)) return {};
  on_thread(io_, [this] {
    each_silent([](MonitorSession& session) {
      if (session.pid > 1) ::kill(session.pid, SIGCONT);
    });
  });
  if (all_until(began + first_patience + second_patience)) return {};
  on_thread(io_, [this] { each_silent([](MonitorSession& session) { session.taken_up = true; }); });
  return {};
}

void MonitorLink::each_silent(const std::function<void(MonitorSession&)>& deed) const {
  for (const auto& [run, session] : sessions_) {
    if (!session->greeted) deed(*session);
  }
}

void MonitorLink::stop() {
  on_thread(io_, [this] {
    stopped_ = true;
    const Sessions sessions = std::exchange(sessions_, {});
    for (const auto& [run, session] : sessions) session->end("jaild is stopping");
  });
}

Result<void> MonitorLink::open(const core::JailKey& key) {
  if (auto started = start_monitor(paths_, key); !started) return started;
  if (on_thread(io_, [this, &key] { return connected(key.run); })) return {};
  return greet(key, hello_patience);
}

Result<void> MonitorLink::greet(const core::JailKey& key, milliseconds patience) {
  auto socket = connect_monitor(paths_, key.run);
  if (!socket) return Fail(socket.error());
  const auto answered = std::make_shared<std::promise<Result<void>>>();
  auto answer = answered->get_future();
  greet_async(key, std::move(*socket), patience,
              [answered](Result<void> result) { answered->set_value(std::move(result)); });
  return answer.get();
}

void MonitorLink::greet_async(const core::JailKey& key, UniqueFd socket, milliseconds patience,
                              std::function<void(Result<void>)> done) {
  const pid_t process = monitor_process(socket.get(), paths_, key.run);
  auto shared_socket = std::make_shared<UniqueFd>(std::move(socket));  // a posted function must be copyable
  asio::post(io_, [this, key, shared_socket, process, patience, done = std::move(done)] {
    if (stopped_) return done(Fail(Kind::unavailable, "jaild is stopping"));
    auto session = std::make_shared<MonitorSession>(
        io_, std::move(*shared_socket), key,
        MonitorSession::Handlers{[this](MonitorSession& from, const json& note) { noted(from, note); },
                                 [this](MonitorSession& from) { ended(from); }});
    session->pid = process;
    sessions_[key.run] = session;
    session->start();
    session->ask({{"request", "hello"}, {"environment", paths_.environment}}, patience,
                 [this, session, done](Result<json> hello) {
                   if (!hello) {
                     // Ended, or no other could take its place.
                     if (hello.error().kind == Kind::timeout && session->pid > 1) ::kill(session->pid, SIGKILL);
                     session->finishing = !session->taken_up;  // it never was ours: its end is no news
                     session->end("the jail's monitor did not answer");
                     return done(Fail(hello.error()));
                   }
                   greeted(*session, *hello);
                   done({});
                 });
  });
}

void MonitorLink::greeted(MonitorSession& session, const json& hello) {
  session.key.name = json_text(hello, "name");
  session.key.jid = static_cast<int>(json_number(hello, "jid"));
  session.pid = static_cast<int>(json_number(hello, "pid"));
  session.greeted = true;
  session.main_started = json_text(hello, "main") != "none";
  if (hello.contains("exit")) session.main_exit = hello["exit"];
  session.log = log_of(hello);
  if (session.log != core::LogTrouble{}) handlers_.log_told(session.key, session.log);
  if (hello.contains("commands") && !hello["commands"].empty()) {
    session.ask({{"request", "cancel"}}, hello_patience, [](const Result<json>&) {});
  }
  if (session.taken_up && session.main_exit) handlers_.main_exited(session.key, exit_of(hello).value_or(LastExit{}));
}

void MonitorLink::noted(MonitorSession& session, const json& message) {
  const std::string note = json_text(message, "note");
  if (note == "main_exited") {
    if (message.contains("exit")) session.main_exit = message["exit"];
    handlers_.main_exited(session.key, exit_of(message).value_or(LastExit{}));
  } else if (note == "empty") {
    handlers_.empty(session.key);
  } else if (note == "gone") {
    handlers_.gone(session.key);
  } else if (note == "lost") {
    session.log = log_of(message);
    handlers_.log_told(session.key, session.log);
  }
}

void MonitorLink::ended(MonitorSession& session) {
  const auto found = sessions_.find(session.key.run);
  if (found != sessions_.end() && found->second.get() == &session) sessions_.erase(found);
  if (!session.finishing && !stopped_) handlers_.lost(session.key);
}

Result<void> MonitorLink::close(const core::JailKey& key) {
  if (!on_thread(io_, [this, &key] { return connected(key.run); })) {
    auto reached = greet(key, hello_patience);
    if (!reached && reached.error().kind != Kind::not_found) return reached;
    if (!reached) {
      forget_files(key.run);
      return {};
    }
  }
  on_thread(io_, [this, &key] {
    const auto session = sessions_.find(key.run);
    if (session != sessions_.end()) session->second->finishing = true;
  });
  auto finished = ask(key.run, {{"request", "finish"}}, stop_patience);
  const bool hangs = !finished && finished.error().kind == Kind::timeout;
  if (!finished && !hangs && finished.error().kind != Kind::unavailable) {
    return Fail(finished.error().in("end the monitor"));
  }
  on_thread(io_, [this, &key, hangs] {
    const auto session = sessions_.find(key.run);
    if (session == sessions_.end()) return;
    const auto last = session->second;
    if (hangs && last->pid > 1) ::kill(last->pid, SIGKILL);  // the run is over: it has nothing to lose
    last->end("the jail's monitor has finished");
  });
  forget_files(key.run);
  return {};
}

void MonitorLink::forget_files(std::uint64_t run) {
  std::error_code ignored;  // what is not there is what is wanted
  std::filesystem::remove(monitor_socket(paths_, run), ignored);
  std::filesystem::remove(exit_record(paths_, run), ignored);
}

void MonitorLink::send(std::uint64_t run, json request, std::optional<milliseconds> patience, Answer answer) {
  asio::post(io_, [this, run, request = std::move(request), patience, answer = std::move(answer)]() mutable {
    const auto found = sessions_.find(run);
    if (found == sessions_.end()) return answer(Fail(Kind::unavailable, "the jail has no monitor"));
    const auto session = found->second;
    const std::string what = json_text(request, "request");
    const std::int64_t asked_jid = json_number(request, "jid");  // of an adopt, which older monitors answer without it
    session->ask(std::move(request), patience, [session, what, asked_jid, answer = std::move(answer)](auto result) {
      if (result && (what == "create" || what == "adopt")) {
        session->key.jid = static_cast<int>(json_number(*result, "jid", asked_jid));
      }
      if (result && what == "main") session->main_started = true;
      answer(std::move(result));
    });
  });
}

void MonitorLink::end_unless_it_answers(std::uint64_t run) {
  asio::post(io_, [this, run] {
    const auto found = sessions_.find(run);
    if (found == sessions_.end()) return;
    const auto session = found->second;
    session->ask({{"request", "hello"}}, stop_patience, [session](const Result<json>& hello) {
      // Its connection ends with it, and that is noted as of any that dies. While it is there, its pid is its own.
      const bool hangs = !hello && hello.error().kind == Kind::timeout;
      if (hangs && session->pid > 1) ::kill(session->pid, SIGKILL);
    });
  });
}

void MonitorLink::exec(std::uint64_t run, json request, std::vector<UniqueFd> fds, Answer answer, Answer exited) {
  auto shared_fds = std::make_shared<std::vector<UniqueFd>>(std::move(fds));  // a posted function must be copyable
  asio::post(io_, [this, run, shared_fds, request = std::move(request), answer = std::move(answer),
                   exited = std::move(exited)]() mutable {
    const auto found = sessions_.find(run);
    if (found == sessions_.end()) return answer(Fail(Kind::unavailable, "the jail has no monitor"));
    found->second->exec(std::move(request), std::move(*shared_fds), std::move(answer), std::move(exited));
  });
}

Result<json> MonitorLink::ask(std::uint64_t run, json request, milliseconds patience) {
  const auto answered = std::make_shared<std::promise<Result<json>>>();
  auto answer = answered->get_future();
  send(run, std::move(request), patience, [answered](Result<json> result) { answered->set_value(std::move(result)); });
  return answer.get();
}

std::vector<core::MonitorFacts> MonitorLink::monitors() {
  return on_thread(io_, [this] {
    std::vector<core::MonitorFacts> facts;
    for (const auto& [run, session] : sessions_) {
      // Of one that has not answered yet the best is believed.
      core::MonitorFacts one{session->key, session->main_started || !session->greeted, std::nullopt, session->log};
      if (session->main_exit) one.main_exit = exit_of(json{{"exit", *session->main_exit}});
      facts.push_back(std::move(one));
    }
    return facts;
  });
}

}  // namespace jaild::host
