// Store over one SQLite file.
//
// Durability: `done` gets success only after SQLite synced the log that holds the commit (WAL, synchronous=FULL), so it
// survives kill -9 and power loss. A commit whose `done` was not called may be there after a crash, whole, or not at
// all.
//
// Batches: the store's thread takes all commits that wait, makes one transaction of them, one fsync, then answers them
// in the order of the calls; what is called meanwhile is the next batch. Nothing ever waits for company. In a batch
// each commit has a savepoint of its own: one that cannot be stored (Kind::internal) fails alone. Where the transaction
// fails (full disk, I/O error) all its commits get that error and none is stored.
//
// After a failed transaction the log may still hold it, complete but not synced, and SQLite would take it up after a
// crash. So the log is emptied first, and until that succeeds every commit gets the reason why not. That is also how
// the store comes back by itself when there is space again. Only a crash in that window can bring a failed commit back.
//
// Nothing is committed to files that lost their names: Kind::storage_full until they have them again.
//
// Queries wait for the commits that were called before them, and take turns with the commits that come later: one piece
// of one query, then whatever commits wait. A piece is a page of a history, or a look at 2,000 events.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "daemon/store/limits.h"
#include "daemon/store/placed_files.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/store.h"
#include "daemon/store/tables.h"

namespace jaild::store {

struct SqliteStoreOptions {
  std::filesystem::path file;                    // STATE_DIR/jaild.db; what is missing of it is made
  std::chrono::milliseconds busy_timeout{5000};  // for the lock, at open
  std::string vfs;                               // tests; "": the system's
  Limits limits;
};

class SqliteStore final : public Store {
 public:
  // Everything that database_file.h says can be wrong with the file; then the tables. Blocks.
  static Result<std::unique_ptr<SqliteStore>> open(const SqliteStoreOptions& options);

  // Answers all that waits, moves the log into the file, closes it. Commits that an answer makes meanwhile are refused.
  // Not on the store's thread.
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  // Any thread but the store's.
  Result<Snapshot> load() override;

  // Any thread, also from within `done`. A refusal (Kind::overloaded, or Kind::unavailable while closing) comes on the
  // caller's thread before the call returns: a queue of refusals would have no bound.
  void commit(std::vector<Mutation> mutations, std::function<void(Result<void>)> done) override;
  void check(std::function<void(Result<void>)> done) override;  // where the queue is full: success
  void history(const std::string& name, HistoryQuery query, std::function<void(Result<HistoryPage>)> done) override;
  void events(EventQuery query, std::function<void(Result<std::vector<JailEvent>>)> done) override;

 private:
  struct CommitCall {
    std::vector<Mutation> mutations;
    std::function<void(Result<void>)> done;
    Result<void> outcome;
  };
  struct HistoryCall {
    std::string name;
    HistoryQuery query;
    std::function<void(Result<HistoryPage>)> done;
  };
  struct EventsCall {
    EventQuery query;  // what is left of it
    std::function<void(Result<std::vector<JailEvent>>)> done;
    std::vector<JailEvent> found;
  };
  struct LoadCall {
    std::promise<Result<Snapshot>> answer;  // owned here: load() may be gone before set_value() returns
  };
  struct CheckCall {
    std::function<void(Result<void>)> done;
  };
  using Call = std::variant<CommitCall, HistoryCall, EventsCall, LoadCall, CheckCall>;

  SqliteStore(Database database, Tables tables, const Limits& limits);

  // Any thread. Puts the call in the queue, unless it is full or closed: then says why, and `call` is untouched.
  Result<void> enqueue(Call& call);

  // The store's thread.
  void serve();
  void commit_all(std::span<Call> batch);
  Result<void> commit_together(std::span<CommitCall*> commits);
  Result<void> apply_alone(CommitCall& commit);
  static bool is_query(const Call& call);
  void answer(Call& call);  // a query gets a turn
  void go_on_with_queries();
  bool look_on(EventsCall& call);  // true: it is answered
  Result<void> repair_log();
  void keep_log_short();

  const Limits limits_;

  // The store's thread after the constructor. Statements end before their database.
  Database database_;
  PlacedFiles files_{database_.file()};
  Tables tables_;
  bool log_needs_repair_ = false;
  std::deque<Call> queries_;  // that were taken from waiting_ and have a turn to come

  std::mutex mutex_;  // guards what follows; never held while SQLite works or an answer is given
  std::condition_variable changed_;
  std::vector<Call> waiting_;
  std::size_t queries_waiting_ = 0;  // of the calls that are no longer in waiting_
  bool closing_ = false;

  std::thread thread_;  // last: begins when all else is there
};

}  // namespace jaild::store
