// A Service that keeps its jails in a map: enough of the daemon for the HTTP server's tests.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/server/service.h"

namespace jaild::server {

// Loop thread only, as every Service. What a test wants of it between two requests it posts to the loop.
class FakeService : public Service {
 public:
  FakeService();

  // ---- what a test sets
  HostProfile host;
  Readiness ready{true, {{"store", "ok"}, {"racct", "off"}}};
  std::map<std::string, JailObject> jails;
  std::vector<JailEvent> stored;      // ids 1, 2, 3...
  std::vector<SpecVersion> versions;  // of every jail, beside the present spec as generation 1 where it is empty
  std::map<std::string, Token> tokens_by_secret;
  std::string metrics_text = "jaild_up 1\n";
  std::map<std::string, std::vector<LogLine>> logs;  // by jail; may grow while it is read
  std::size_t log_page = 2;                          // lines that one page of a log has at most
  std::optional<Error> log_fails;                    // what the pages of a log answer with, when it is set
  Tasks under_way;
  bool hold = false;                 // keeps every `done` in `held`; events are looked up when it is answered
  std::optional<Error> write_error;  // the answer to every write
  int generation_races = 0;          // so many writes find that another one came first
  bool settle = false;               // writes leave nothing to wait for

  // ---- what a test reads
  std::vector<ChangeRequest> requests;
  std::vector<Requester> token_writers;
  std::vector<std::chrono::seconds> waits;
  std::vector<EventQuery> event_queries;
  std::vector<LogQuery> log_queries;
  std::vector<ExecRequest> execs;
  std::vector<Requester> exec_askers;
  std::size_t exec_processes = 0;  // that are held by somebody
  std::uint64_t exec_input = 0;    // bytes that were written to them
  void end_execs();                // as if each exited with 0
  std::vector<TerminalSize> exec_sizes;
  std::vector<int> exec_signals;
  std::uint64_t exec_output_read = 0;  // bytes
  std::deque<std::function<void()>> held;
  struct Counted {
    std::string method;
    std::string route;
    int code;
    bool operator==(const Counted&) const = default;
  };
  std::vector<Counted> counted;
  std::vector<FieldError> objected;  // to each spec
  struct Held {
    std::string call;
    std::string jail;
    std::chrono::nanoseconds longest;
  };
  std::vector<Held> loop_holds;
  std::size_t subscribers() const { return subscribers_.size(); }

  // ---- what a test does
  void declare(const std::string& name, JailState state = JailState::running);
  // Stores it, then tells the subscribers. `message`: "" for one of its own.
  void publish(const std::string& jail, EventType type, const std::string& message = "");
  void show_step(const std::string& jail, StepReport step);  // tells the subscribers
  void answer_held();

  // ---- Service
  const HostProfile& profile() const override { return host; }
  Readiness readiness() const override { return ready; }
  Result<JailObject> get(const std::string& name) const override;
  Result<std::shared_ptr<JailView>> view(const std::string& name) override;
  JailViews list(const ListQuery& query) override;
  std::vector<FieldError> objections(const ChangeRequest& request) const override;
  void offload(std::function<void()> work, std::function<void()> done) override {
    work();
    done();
  }
  void change(ChangeRequest request, std::chrono::seconds wait, Done<ChangeReply> done) override;
  Result<Token> authenticate(std::string_view secret) override;
  std::vector<Token> tokens() const override;
  void create_token(const TokenRequest& request, const Requester& who, Done<NewToken> done) override;
  void delete_token(const std::string& id, const Requester& who, Done<Token> done) override;
  void usage(const std::string& name, Done<std::pair<Usage, std::vector<RctlRule>>> done) override;
  void processes(const std::string& name, Done<std::vector<ProcessInfo>> done) override;
  void history(const std::string& name, HistoryQuery query, Done<HistoryPage> done) override;
  Result<std::shared_ptr<LogReading>> log(const std::string& name, LogQuery query) override;
  // As the sim host's programs: echo, cat, yes; "exit N"; "hang" until SIGTERM, and everything else exits with 0.
  void exec(const std::string& name, ExecRequest request, const Requester& who,
            Done<std::shared_ptr<ExecProcess>> done) override;
  void metrics(Done<SharedText> done) override;
  void events(EventQuery query, Done<std::vector<JailEvent>> done) override;
  std::unique_ptr<Subscription> subscribe(std::function<void(const JailEvent&)> each) override;
  Tasks tasks() const override { return under_way; }
  void count_hold(std::string_view method, std::string_view route, std::string_view jail,
                  std::chrono::nanoseconds longest) override;
  std::uint64_t last_event() const override { return stored.size(); }
  void count_request(std::string_view method, std::string_view route, int code, std::chrono::nanoseconds took) override;

 private:
  class Subscriber;
  class Reading;
  class Process;

  template <class T>
  void answer(Done<T> done, Result<T> result) {
    if (!hold) return done(std::move(result));
    held.push_back([done = std::move(done), result = std::move(result)] { done(result); });
  }
  Result<void> carry_out(const ChangeRequest& request, const Change& change, ChangeReply& reply);
  std::vector<JailEvent> find_events(const EventQuery& query) const;
  Result<void> check_conditions(const Change& change) const;

  std::set<Subscriber*> subscribers_;
  std::set<Process*> processes_;
};

}  // namespace jaild::server
