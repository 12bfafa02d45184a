// Where jaild remembers: wishes, runs with their ledger, events, exits. Two implementations: SQLite, and one in memory
// for tests that can be told to fail.
//
// Threads: load() once, before any commit, on the caller's thread. commit() and the queries return at once; `done` is
// called on the store's thread; only a refusal (Kind::overloaded, or a call to a store that is closing) comes at once,
// on the caller's thread. Commits are answered in the order of the calls. A query sees at least what was committed
// before the call; a commit does not wait for queries, however many there are.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/contract/history_page.h"
#include "api/contract/jail_status.h"
#include "api/contract/result.h"
#include "api/contract/query.h"
#include "daemon/core/mutation.h"

namespace jaild::store {

using core::AddEvent;
using core::EraseJail;
using core::EraseRun;
using core::EraseToken;
using core::JailRecord;
using core::Mutation;
using core::PutJail;
using core::PutMeta;
using core::PutRun;
using core::PutToken;
using core::RunRecord;
using core::Snapshot;
using core::TokenRecord;
using core::TouchToken;

class Store {
 public:
  virtual ~Store() = default;

  virtual Result<Snapshot> load() = 0;

  // All of `mutations` or none; durable when `done` gets success. What queued while one fsync was under way shares the
  // next. Kind::storage_full, Kind::unavailable (read-only, I/O error, damaged), Kind::overloaded: more than 10,000
  // wait.
  virtual void commit(std::vector<Mutation> mutations, std::function<void(Result<void>)> done) = 0;

  // Whether what is committed now would be found by the next jaild; of a store without a file always.
  virtual void check(std::function<void(Result<void>)> done) { done({}); }

  // Of the versions that are kept; an unknown jail has none. No more is read than the page holds.
  virtual void history(const std::string& name, HistoryQuery query, std::function<void(Result<HistoryPage>)> done) = 0;
  // By number. Older ones than the newest 100,000 may be there still.
  virtual void events(EventQuery query, std::function<void(Result<std::vector<JailEvent>>)> done) = 0;
};

}  // namespace jaild::store
