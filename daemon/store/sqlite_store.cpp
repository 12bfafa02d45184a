#include "daemon/store/sqlite_store.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "daemon/store/database_file.h"

namespace jaild::store {
namespace {

constexpr const char* damage_advice =
    "Move it away or restore it from a backup, then start jaild again; running jails are not touched meanwhile";

// SQLite's own figure: a log of 1,000 pages (4 MiB) keeps both reading and the copy into the file short.
constexpr int log_frames_wanted = 1'000;
// Past this (64 MiB) the copy has failed so often that commits must hear of it: a log that only grows fills the disk.
constexpr int log_frames_max = 16'000;

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteStoreOptions& options) {
  Result<Database> database = open_database_file(options.file, {options.busy_timeout, options.vfs, damage_advice});
  if (!database) return Fail(database.error());
  Result<Tables> tables = Tables::prepare(*database, options.limits);
  if (!tables) return Fail(tables.error());
  try {
    return std::unique_ptr<SqliteStore>(new SqliteStore(*std::move(database), *std::move(tables), options.limits));
  } catch (const std::system_error& failed) {  // std::thread
    return Fail(Kind::unavailable, std::string("the store's thread cannot be started: ") + failed.what());
  }
}

SqliteStore::SqliteStore(Database database, Tables tables, const Limits& limits)
    : limits_(limits), database_(std::move(database)), tables_(std::move(tables)), thread_([this] { serve(); }) {}

SqliteStore::~SqliteStore() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Result<void> SqliteStore::enqueue(Call& call) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return Fail(Kind::unavailable, "the store is closing");
    if (const auto all = waiting_.size() + queries_waiting_; all >= limits_.waiting) {
      return Fail(Kind::overloaded, std::to_string(all) + " calls wait for the store");
    }
    waiting_.push_back(std::move(call));
  }
  changed_.notify_one();
  return {};
}

Result<Snapshot> SqliteStore::load() {
  LoadCall load;
  std::future<Result<Snapshot>> answer = load.answer.get_future();
  Call call = std::move(load);
  Result<void> queued = enqueue(call);
  if (!queued) return Fail(queued.error());
  return answer.get();
}

void SqliteStore::commit(std::vector<Mutation> mutations, std::function<void(Result<void>)> done) {
  Call call = CommitCall{std::move(mutations), std::move(done), {}};
  Result<void> queued = enqueue(call);
  if (!queued) std::get<CommitCall>(call).done(std::move(queued));
}

void SqliteStore::check(std::function<void(Result<void>)> done) {
  Call call = CheckCall{std::move(done)};
  if (!enqueue(call)) std::get<CheckCall>(call).done({});
}

void SqliteStore::history(const std::string& name, HistoryQuery query, std::function<void(Result<HistoryPage>)> done) {
  Call call = HistoryCall{name, query, std::move(done)};
  Result<void> queued = enqueue(call);
  if (!queued) std::get<HistoryCall>(call).done(Fail(queued.error()));
}

void SqliteStore::events(EventQuery query, std::function<void(Result<std::vector<JailEvent>>)> done) {
  Call call = EventsCall{std::move(query), std::move(done), {}};
  Result<void> queued = enqueue(call);
  if (!queued) std::get<EventsCall>(call).done(Fail(queued.error()));
}

// ---- the store's thread -----------------------------------------------------------------------------------

void SqliteStore::serve() {
  for (;;) {
    std::vector<Call> batch;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !waiting_.empty() || !queries_.empty(); });
      if (waiting_.empty() && queries_.empty()) return;
      batch.swap(waiting_);
      queries_waiting_ = queries_.size() + static_cast<std::size_t>(std::ranges::count_if(batch, is_query));
    }
    commit_all(batch);
    for (Call& call : batch) answer(call);
    if (!batch.empty()) keep_log_short();  // after the answers: nobody waits for it
    go_on_with_queries();
  }
}

void SqliteStore::commit_all(std::span<Call> batch) {
  std::vector<CommitCall*> commits;
  for (Call& call : batch) {
    if (auto* commit = std::get_if<CommitCall>(&call)) commits.push_back(commit);
  }
  if (commits.empty()) return;
  Result<void> together = files_.check();
  if (together) together = repair_log();
  if (together) {
    together = commit_together(commits);
    if (!together) {
      log_needs_repair_ = true;
      static_cast<void>(repair_log());  // where it fails, the next batch tries again and reports it
    }
  }
  if (together) return;
  for (CommitCall* commit : commits) {
    if (commit->outcome) commit->outcome = Fail(together.error());  // else it has a reason of its own
  }
}

Result<void> SqliteStore::commit_together(std::span<CommitCall*> commits) {
  Result<Transaction> transaction = Transaction::begin(database_);
  if (!transaction) return Fail(transaction.error());
  for (CommitCall* commit : commits) {
    Result<void> usable = apply_alone(*commit);
    if (!usable) return usable;
  }
  return transaction->commit();
}

// Sets the commit's outcome where only this one fails; an error means that the whole transaction has failed.
Result<void> SqliteStore::apply_alone(CommitCall& commit) {
  Result<Savepoint> savepoint = Savepoint::begin(database_);
  if (!savepoint) return Fail(savepoint.error());
  for (const Mutation& mutation : commit.mutations) {
    Result<void> applied = tables_.apply(mutation);
    if (applied) continue;
    if (applied.error().kind != Kind::internal || !database_.in_transaction()) return applied;
    commit.outcome = std::move(applied);
    return savepoint->undo();
  }
  return savepoint->keep();
}

bool SqliteStore::is_query(const Call& call) {
  return std::holds_alternative<HistoryCall>(call) || std::holds_alternative<EventsCall>(call);
}

void SqliteStore::answer(Call& call) {
  if (auto* commit = std::get_if<CommitCall>(&call)) return commit->done(std::move(commit->outcome));
  if (auto* check = std::get_if<CheckCall>(&call)) return check->done(files_.check());
  if (auto* load = std::get_if<LoadCall>(&call)) return load->answer.set_value(tables_.snapshot());
  queries_.push_back(std::move(call));
}

// One piece: commits that came meanwhile have their turn before the next.
void SqliteStore::go_on_with_queries() {
  if (queries_.empty()) return;
  Call call = std::move(queries_.front());
  queries_.pop_front();
  if (auto* history = std::get_if<HistoryCall>(&call)) {
    history->done(tables_.history(history->name, history->query));
  } else if (!look_on(std::get<EventsCall>(call))) {
    queries_.push_back(std::move(call));
  }
}

bool SqliteStore::look_on(EventsCall& call) {
  Result<EventsPiece> piece = tables_.events(call.query);
  if (!piece) {
    call.done(Fail(piece.error()));
    return true;
  }
  call.query.limit -= std::min(call.query.limit, piece->events.size());
  call.found.insert(call.found.end(), std::make_move_iterator(piece->events.begin()),
                    std::make_move_iterator(piece->events.end()));
  if (piece->go_on_after && call.query.limit > 0) {
    call.query.after = *piece->go_on_after;
    return false;
  }
  call.done(std::move(call.found));
  return true;
}

Result<void> SqliteStore::repair_log() {
  if (!log_needs_repair_) return {};
  Result<void> emptied = database_.checkpoint(Database::Log::cut);
  if (emptied) log_needs_repair_ = false;
  return emptied;
}

void SqliteStore::keep_log_short() {
  if (log_needs_repair_ || database_.log_frames() < log_frames_wanted) return;
  const bool copied = database_.checkpoint(Database::Log::keep).has_value();
  if (!copied && database_.log_frames() >= log_frames_max) log_needs_repair_ = true;
}

}  // namespace jaild::store
