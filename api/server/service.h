// What an HTTP handler may ask of the daemon. Implemented by daemon/runtime/jail_service; tests have a fake.
// Loop thread only. Callbacks come on the loop thread, exactly once, possibly before the call returns.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/change.h"
#include "api/contract/exec.h"
#include "api/contract/history_page.h"
#include "api/contract/host_profile.h"
#include "api/contract/jail_view.h"
#include "api/contract/log_line.h"
#include "api/contract/query.h"
#include "api/contract/result.h"
#include "api/contract/task_info.h"
#include "api/contract/token.h"

namespace jaild::server {

template <class T>
using Done = std::function<void(Result<T>)>;

// A text that many answers share.
using SharedText = std::shared_ptr<const std::string>;

// Ends its subscription in the destructor.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// A command that runs in a jail. Dropping it hangs up: the command and its children are ended, unless it has exited.
class ExecProcess {
 public:
  virtual ~ExecProcess() = default;
  // The next output, or the exit, after which nothing more comes. One at a time. Nothing is read that was not asked
  // for: a command that floods its output waits. Kind::unavailable: nobody knows how it ends.
  virtual void read(Done<ExecEvent> done) = 0;
  // `taken`: there is room for more. One at a time. Empty `bytes`: the end of the input.
  virtual void write(std::string bytes, std::function<void()> taken) = 0;
  virtual void resize(TerminalSize size) = 0;
  virtual void signal(int number) = 0;
};

// One reading of a console log, from where the query says. One next() at a time; dropping it ends the reading.
class LogReading {
 public:
  virtual ~LogReading() = default;
  // The lines after those that were told; LogPage::end: none are there now, ask again later.
  virtual void next(Done<LogPage> done) = 0;
};

struct Readiness {
  bool ready = false;
  std::vector<std::pair<std::string, std::string>>
      checks;  // name, "ok" or what is wrong; "racct" may be "off" while ready
};

class Service {
 public:
  virtual ~Service() = default;

  [[nodiscard]] virtual const HostProfile& profile() const = 0;
  [[nodiscard]] virtual Readiness readiness() const = 0;
  [[nodiscard]] virtual Result<JailObject> get(const std::string& name) const = 0;
  // Until something happens to the jail all get the same view, and with it the text that the first of them made.
  [[nodiscard]] virtual Result<std::shared_ptr<JailView>> view(const std::string& name) = 0;
  [[nodiscard]] virtual JailViews list(const ListQuery& query) = 0;

  // What this host and its jails say against a request, beyond what validate() finds; pointers as in its document.
  [[nodiscard]] virtual std::vector<FieldError> objections(const ChangeRequest& request) const = 0;

  // Runs `work`, which owns what it uses, on a thread that may take its time; then `done` on the loop.
  virtual void offload(std::function<void()> work, std::function<void()> done) = 0;

  // Carries out the request as one transaction and answers after it is durable. `wait` > 0: not before all its jails
  // are as they are wished or failed, at most that long. Its specs are ones that validate() took.
  virtual void change(ChangeRequest request, std::chrono::seconds wait, Done<ChangeReply> done) = 0;

  // The token behind a secret. Kind::unauthorized: unknown, deleted or expired.
  virtual Result<Token> authenticate(std::string_view secret) = 0;
  [[nodiscard]] virtual std::vector<Token> tokens() const = 0;  // oldest first
  virtual void create_token(const TokenRequest& request, const Requester& who, Done<NewToken> done) = 0;
  virtual void delete_token(const std::string& id, const Requester& who, Done<Token> done) = 0;

  virtual void usage(const std::string& name, Done<std::pair<Usage, std::vector<RctlRule>>> done) = 0;
  virtual void processes(const std::string& name, Done<std::vector<ProcessInfo>> done) = 0;
  virtual void history(const std::string& name, HistoryQuery query, Done<HistoryPage> done) = 0;
  // Kind::not_found: no such jail. Kind::conflict: a foreign one.
  [[nodiscard]] virtual Result<std::shared_ptr<LogReading>> log(const std::string& name, LogQuery query) = 0;
  // Answers once the command runs, or could not be run, which its exit tells; that `who` asked is an event. Kind::
  // not_found, not_running, conflict (a foreign jail), overloaded (too many at once), invalid (what this host does not
  // have), unavailable (no monitor).
  virtual void exec(const std::string& name, ExecRequest request, const Requester& who,
                    Done<std::shared_ptr<ExecProcess>> done) = 0;
  // Text format 0.0.4. Those who ask at the same time get the same text. Kind::overloaded: too much that was answered
  // before is not yet read.
  virtual void metrics(Done<SharedText> done) = 0;

  // Stored events after a number; the store keeps the last 100,000.
  virtual void events(EventQuery query, Done<std::vector<JailEvent>> done) = 0;
  // Calls `each` for every event from now on, in order, after it is stored: what last_event() counts, events() finds.
  // Also each jail.step, which has no number.
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::function<void(const JailEvent&)> each) = 0;
  [[nodiscard]] virtual std::uint64_t last_event() const = 0;

  // What is under way, and what held the loop.
  [[nodiscard]] virtual Tasks tasks() const = 0;
  // Called once per answered request of a known route: how long it kept the loop at a stretch, at most. `jail`: ""
  // where the path names none.
  virtual void count_hold(std::string_view method, std::string_view route, std::string_view jail,
                          std::chrono::nanoseconds longest) = 0;

  // For jaild_http_*: called once per answered request. `route` is the template, "other" where none matched.
  virtual void count_request(std::string_view method, std::string_view route, int code,
                             std::chrono::nanoseconds took) = 0;
};

}  // namespace jaild::server
