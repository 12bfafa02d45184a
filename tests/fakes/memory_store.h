// A Store in memory, for tests and the simulation. Deterministic: no thread, no clock. It outlives the daemon under
// test, as a disk does: after a "crash" the next daemon loads from the same object.
//
// One thread. Answers come in the order of the calls, before the call returns; a call made by an answer is answered
// after it. With hold(), answers come when deliver() or release() says so, and a commit takes effect at that moment.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/store/limits.h"
#include "daemon/store/store.h"

namespace jaild::store {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const Limits& limits = {}) : limits_(limits) {}

  Result<Snapshot> load() override;
  void commit(std::vector<Mutation> mutations, std::function<void(Result<void>)> done) override;
  void history(const std::string& name, HistoryQuery query, std::function<void(Result<HistoryPage>)> done) override;
  void events(EventQuery query, std::function<void(Result<std::vector<JailEvent>>)> done) override;

  // Faults. A commit that fails changes nothing.
  void fail_commit(std::size_t nth, Kind kind);  // of those answered from now on; 1 is the next; several may be armed
  void set_full(bool full) { full_ = full; }     // every commit: Kind::storage_full
  void fail_load(std::optional<Kind> kind) { load_fault_ = kind; }  // every load, until nullopt

  // Delays.
  void hold() { held_ = true; }
  bool deliver();  // answers the oldest call; false: none waits
  void release();  // answers all, and from now on at once
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  // Ends of a daemon while calls wait; none of them is ever answered.
  void lose_waiting() { waiting_.clear(); }  // before the fsync
  void keep_waiting_unanswered();            // between the fsync and the answer

  [[nodiscard]] std::size_t commits() const { return commits_; }  // that succeeded

 private:
  struct Jail {
    JailRecord record;
    std::map<std::uint64_t, SpecVersion> versions;  // by generation
    std::optional<RunRecord> run;
  };
  struct CommitCall {
    std::vector<Mutation> mutations;
    std::function<void(Result<void>)> done;
  };
  struct HistoryCall {
    std::string name;
    HistoryQuery query;
    std::function<void(Result<HistoryPage>)> done;
  };
  struct EventsCall {
    EventQuery query;
    std::function<void(Result<std::vector<JailEvent>>)> done;
  };
  using Call = std::variant<CommitCall, HistoryCall, EventsCall>;

  [[nodiscard]] Result<void> room() const;
  void accept(Call call);
  void answer(Call call);
  Result<void> take(const std::vector<Mutation>& mutations);
  [[nodiscard]] std::optional<Kind> armed_fault();
  [[nodiscard]] Result<void> judge(const std::vector<Mutation>& mutations) const;
  [[nodiscard]] std::vector<SpecVersion> versions_of(const std::string& name) const;
  [[nodiscard]] std::vector<JailEvent> matching(const EventQuery& query) const;

  void apply(const PutJail& put);
  void apply(const EraseJail& erase);
  void apply(const PutRun& put);
  void apply(const EraseRun& erase);
  void apply(const AddEvent& add);
  void apply(const PutMeta& put);
  void apply(const PutToken& put);
  void apply(const TouchToken& touch);
  void apply(const EraseToken& erase);

  const Limits limits_;

  // The disk.
  std::map<std::string, Jail> jails_;
  std::map<std::uint64_t, JailEvent> events_;
  std::map<std::string, std::string> meta_;
  std::map<std::string, TokenRecord> tokens_;
  std::uint64_t last_run_ = 0;

  // The world around it.
  std::deque<Call> waiting_;
  bool held_ = false;
  bool answering_ = false;
  bool full_ = false;
  std::map<std::size_t, Kind> faults_;  // by the number of the commit they hit
  std::optional<Kind> load_fault_;
  std::size_t attempts_ = 0;
  std::size_t commits_ = 0;
};

}  // namespace jaild::store
