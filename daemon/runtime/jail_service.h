// What the HTTP handlers ask, answered by the engine, the store and the host. Loop thread only.
#pragma once

#include <filesystem>
#include <memory>
#include <unordered_map>
#include <vector>

#include "api/server/service.h"
#include "daemon/metrics/metrics.h"
#include "daemon/runtime/engine.h"
#include "daemon/runtime/loop_exec.h"
#include "daemon/runtime/loop_watch.h"
#include "daemon/runtime/token_book.h"
#include "daemon/runtime/usage_walk.h"

namespace jaild::runtime {

// What readers of /metrics that have stopped reading may hold back in all. A scrape of 10,000 jails is 30 MB; one is
// always answered, whatever its size.
constexpr std::size_t unread_scrapes_max = std::size_t{64} * 1024 * 1024;

class JailService final : public server::Service, private EngineObserver {
 public:
  // `console_dir`: where the monitors write the jails' console logs.
  JailService(Loop& loop, Engine& engine, host::Host& host, store::Store& store, metrics::Metrics& metrics,
              std::filesystem::path console_dir);
  ~JailService() override;

  // Called for all that happens, at once, whatever the disk does: the log and the health checks.
  void set_first_listener(std::function<void(const JailEvent&)> listener) { first_listener_ = std::move(listener); }

  // Those that the store remembers: once, after the engine's start and before the first request.
  void load_tokens(std::vector<core::TokenRecord> records) { tokens_.load(std::move(records)); }
  // Called, at most once a second, with a line for the log when the loop was held for too long.
  void set_stall_warning(std::function<void(const std::string&)> warn) { loop_watch_.set_warn(std::move(warn)); }

  // What keeps the database from being of use, by a look at it rather than by a write; "": nothing.
  void note_store_fault(std::string fault);

  [[nodiscard]] const HostProfile& profile() const override;
  [[nodiscard]] server::Readiness readiness() const override;
  [[nodiscard]] Result<JailObject> get(const std::string& name) const override;
  [[nodiscard]] Result<std::shared_ptr<JailView>> view(const std::string& name) override;
  [[nodiscard]] JailViews list(const ListQuery& query) override;
  [[nodiscard]] std::vector<FieldError> objections(const ChangeRequest& request) const override;
  void offload(std::function<void()> work, std::function<void()> done) override;
  void change(ChangeRequest request, std::chrono::seconds wait, server::Done<ChangeReply> done) override;
  Result<Token> authenticate(std::string_view secret) override { return tokens_.authenticate(secret); }
  [[nodiscard]] std::vector<Token> tokens() const override { return tokens_.list(); }
  void create_token(const TokenRequest& request, const Requester& who, server::Done<NewToken> done) override;
  void delete_token(const std::string& id, const Requester& who, server::Done<Token> done) override;
  void usage(const std::string& name, server::Done<std::pair<Usage, std::vector<RctlRule>>> done) override;
  void processes(const std::string& name, server::Done<std::vector<ProcessInfo>> done) override;
  void history(const std::string& name, HistoryQuery query, server::Done<HistoryPage> done) override;
  void metrics(server::Done<server::SharedText> done) override;
  [[nodiscard]] Result<std::shared_ptr<server::LogReading>> log(const std::string& name, LogQuery query) override;
  [[nodiscard]] Tasks tasks() const override;
  void count_hold(std::string_view method, std::string_view route, std::string_view jail,
                  std::chrono::nanoseconds longest) override;
  void exec(const std::string& name, ExecRequest request, const Requester& who,
            server::Done<std::shared_ptr<server::ExecProcess>> done) override;
  void events(EventQuery query, server::Done<std::vector<JailEvent>> done) override;
  [[nodiscard]] std::unique_ptr<server::Subscription> subscribe(std::function<void(const JailEvent&)> each) override;
  [[nodiscard]] std::uint64_t last_event() const override;
  void count_request(std::string_view method, std::string_view route, int code, std::chrono::nanoseconds took) override;

 private:
  class Listener;
  class Reading;

  void change_checked(ChangeRequest request, const std::vector<FieldError>& refused, std::chrono::seconds wait,
                      server::Done<ChangeReply> done);
  [[nodiscard]] Result<core::JailKey> running_key(const std::string& name) const;
  [[nodiscard]] metrics::Sample sample() const;
  void answer_scrapes(const server::SharedText& text);
  [[nodiscard]] std::size_t unread_scrapes();
  void forget_log(const std::string& name);
  void on_fact(const JailEvent& fact) override;
  void on_event(const JailEvent& event) override;
  void on_step(const JailEvent& step) override { tell(step); }
  void tell(const JailEvent& event);
  void on_operation(std::string_view name, bool ok, std::chrono::nanoseconds took) override;
  void on_commit(const Result<void>& result, std::chrono::nanoseconds took) override;
  void on_input(const Culprit& input, std::chrono::nanoseconds took) override;
  // Runs `work` off the loop and hands its result to `done` on the loop, unless the service is gone by then.
  template <class T>
  void ask(std::function<Result<T>()> work, server::Done<T> done);

  Loop& loop_;
  Engine& engine_;
  host::Host& host_;
  store::Store& store_;
  metrics::Metrics& metrics_;
  TokenBook tokens_;
  const std::filesystem::path console_dir_;
  ExecSlots exec_slots_;
  std::function<void(const JailEvent&)> first_listener_;
  std::unordered_map<std::uint64_t, std::function<void(const JailEvent&)>> listeners_;
  std::uint64_t last_listener_ = 0;
  // By name; of jails that are there and were asked for.
  struct KeptView {
    std::uint64_t revision = 0;  // the jail's, when the view was made
    std::shared_ptr<JailView> view;
  };
  std::unordered_map<std::string, KeptView> views_;
  LoopWatch loop_watch_;
  std::string store_failure_;  // of the last commit; "" where it was stored
  std::string store_fault_;    // by a look at the file
  UsageWalk usage_walk_;
  std::vector<server::Done<server::SharedText>> scrapes_;    // that share the walk under way
  std::vector<std::weak_ptr<const std::string>> given_out_;  // scrapes that may still be under way to readers
  std::shared_ptr<JailService*> self_;                       // null once this is gone: for callbacks that come late
};

}  // namespace jaild::runtime
