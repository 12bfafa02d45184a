// The tables of schema.h as records: what each mutation writes, what each question reads. Opens no transaction of its
// own. Owner and only user: SqliteStore; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/limits.h"
#include "daemon/store/sqlite.h"
#include "daemon/store/store.h"

namespace jaild::store {

// Not all events are looked at in one go: for a filter that few match, that would be long.
struct EventsPiece {
  std::vector<JailEvent> events;
  std::optional<std::uint64_t> go_on_after;  // there may be more after this number
};

class Tables {
 public:
  // `database` has the newest schema and outlives this.
  static Result<Tables> prepare(Database& database, const Limits& limits);

  // An error in the middle leaves a part written: undo it with a savepoint. Kind::internal: this mutation cannot be
  // stored (a run or exit of an unknown jail, an event number twice). Any other kind: no mutation could be now.
  Result<void> apply(const Mutation& mutation);

  Result<Snapshot> snapshot();
  Result<HistoryPage> history(const std::string& name, const HistoryQuery& query);
  Result<EventsPiece> events(const EventQuery& query);

 private:
  struct Statements {
    Statement put_jail, put_version, trim_versions, erase_jail;
    Statement erase_run, put_run, put_entry, put_detail, raise_counter;
    Statement add_event, trim_events, put_meta;
    Statement put_token, touch_token, erase_token, tokens;
    Statement jails, runs, ledger, ledger_details, meta, last_event, event_range, counter;
    Statement history, events, events_of_jail;
  };
  Tables(std::unique_ptr<Statements> sql, const Limits& limits)
      : sql_(std::move(sql)), limits_(limits), events_since_trim_(limits.events_trim_step) {}
  static Result<void> prepare_writes(Database& database, Statements& sql);
  static Result<void> prepare_reads(Database& database, Statements& sql);

  Result<void> write(const PutJail& put);
  Result<void> write(const EraseJail& erase);
  Result<void> write(const PutRun& put);
  Result<void> write(const EraseRun& erase);
  Result<void> write(const AddEvent& add);
  Result<void> write(const PutMeta& put);
  Result<void> write(const PutToken& put);
  Result<void> write(const TouchToken& touch);
  Result<void> write(const EraseToken& erase);
  Result<void> write_ledger(const std::string& jail, bool before_create, const std::vector<core::LedgerEntry>& entries);

  Result<void> read_jails(Snapshot& snapshot);
  Result<void> read_runs(Snapshot& snapshot);
  Result<void> read_ledger(Snapshot& snapshot);
  Result<void> read_tokens(Snapshot& snapshot);
  Result<void> read_numbers(Snapshot& snapshot);

  std::unique_ptr<Statements> sql_;
  Limits limits_;
  std::size_t events_since_trim_;  // begins as if one were due: else a daemon that restarts often would never trim
};

}  // namespace jaild::store
