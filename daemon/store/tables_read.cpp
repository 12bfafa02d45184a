#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "daemon/store/row_codec.h"
#include "daemon/store/tables.h"

namespace jaild::store {
namespace {

constexpr std::uint64_t integer_max = std::numeric_limits<std::int64_t>::max();  // of SQLite
constexpr std::uint64_t events_a_piece = 2'000;                                  // about 0.2 ms

std::uint64_t unsigned_of(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

std::optional<WallTime> time_of(const Row& row, int column) {
  if (row.null(column)) return std::nullopt;
  return from_ns(row.integer(column));
}

Result<JailRecord> jail_of(const Row& row) {
  JailRecord jail;
  jail.name = row.text(0);
  const std::string where = "jail " + jail.name;
  Result<Desired> desired = desired_from(row.text(2));
  if (!desired) return Fail(desired.error().in(where));
  Result<JailSpec> spec = spec_from(row.text(4));
  if (!spec) return Fail(spec.error().in(where));
  Result<std::vector<WallTime>> starts = starts_from(row.text(12));
  if (!starts) return Fail(starts.error().in(where));
  if (!row.null(8)) {
    Result<LastExit> last_exit = exit_from(row.text(8));
    if (!last_exit) return Fail(last_exit.error().in(where));
    jail.last_exit = *std::move(last_exit);
  }
  jail.generation = unsigned_of(row.integer(1));
  jail.desired = *desired;
  jail.deleting = row.integer(3) != 0;
  jail.spec = *std::move(spec);
  jail.updated_at = from_ns(row.integer(5));
  jail.by = row.text(6);
  jail.restarts = unsigned_of(row.integer(7));
  jail.finished = row.integer(9) != 0;
  jail.failure = row.text(10);
  jail.restart.last_delay = std::chrono::milliseconds(row.integer(11));
  jail.restart.starts = *std::move(starts);
  jail.restart.gave_up = row.integer(13) != 0;
  jail.restart.next_try_at = time_of(row, 14);
  return jail;
}

Result<RunRecord> run_of(const Row& row) {
  RunRecord run;
  run.key = {row.text(0), unsigned_of(row.integer(1)), static_cast<int>(row.integer(2))};
  const std::string where = "run of jail " + run.key.name;
  Result<JailSpec> spec = spec_from(row.text(4));
  if (!spec) return Fail(spec.error().in(where));
  Result<core::RunPhase> phase = phase_from(row.text(5));
  if (!phase) return Fail(phase.error().in(where));
  auto hook_rules = hook_rules_from(row.text(8));
  if (!hook_rules) return Fail(hook_rules.error().in(where));
  run.generation = unsigned_of(row.integer(3));
  run.spec = *std::move(spec);
  run.phase = *phase;
  run.boot_id = row.text(6);
  run.started_at = time_of(row, 7);
  run.hook_rules = *std::move(hook_rules);
  return run;
}

Result<JailEvent> event_of(const Row& row) {
  Result<std::map<std::string, std::string>> data = data_from(row.text(5));
  if (!data) return Fail(data.error().in("event " + row.text(0)));
  const auto type = event_type_from(row.text(2));
  if (!type) return Fail(Kind::unavailable, "event " + row.text(0) + " is of no type that this jaild knows");
  return JailEvent{
      unsigned_of(row.integer(0)), from_ns(row.integer(1)), *type, row.text(3), row.text(4), *std::move(data)};
}

Result<TokenRecord> token_of(const Row& row) {
  TokenRecord record;
  Token& token = record.token;
  token.id = row.text(0);
  token.name = row.text(1);
  Result<Role> role = role_from_word(row.text(2));
  if (!role) return Fail(role.error().in("token " + token.id));
  token.role = *role;
  record.secret_hash = row.text(3);
  token.created_at = from_ns(row.integer(4));
  token.created_by = row.text(5);
  token.expires_at = time_of(row, 6);
  token.last_used_at = time_of(row, 7);
  return record;
}

// A visitor for Statement::each() that appends what `read` makes of each row.
template <class Value>
auto append_to(std::vector<Value>& values, Result<Value> (*read)(const Row&)) {
  return [&values, read](const Row& row) -> Result<void> {
    Result<Value> value = read(row);
    if (!value) return Fail(value.error());
    values.push_back(*std::move(value));
    return {};
  };
}

}  // namespace

Result<void> Tables::prepare_reads(Database& database, Statements& sql) {
  const std::array<std::pair<Statement*, const char*>, 12> texts{{
      {&sql.jails,
       "SELECT name, generation, desired, deleting, spec, updated_at_ns, updated_by, restarts, last_exit, finished, "
       "failure,"
       " restart_last_delay_ms, restart_starts_ns, restart_gave_up, restart_next_try_at_ns FROM jails ORDER BY name"},
      {&sql.runs,
       "SELECT jail, run, jid, generation, spec, phase, boot_id, started_at_ns, hook_rules FROM runs ORDER BY jail"},
      {&sql.ledger,
       "SELECT jail, before_create, id, kind, name, borrowed FROM ledger ORDER BY jail, before_create, position"},
      {&sql.ledger_details, "SELECT entry, key, value FROM ledger_details"},
      {&sql.tokens,
       "SELECT id, name, role, secret_sha256, created_at_ns, created_by, expires_at_ns, last_used_at_ns FROM tokens"
       " ORDER BY created_at_ns, id"},
      {&sql.meta, "SELECT key, value FROM meta"},
      {&sql.last_event, "SELECT max(id) FROM events"},
      {&sql.event_range, "SELECT (SELECT min(id) FROM events), (SELECT max(id) FROM events)"},
      {&sql.counter, "SELECT value FROM counters WHERE name = ?1"},
      {&sql.history,
       "SELECT generation, at_ns, written_by, spec FROM versions WHERE jail = ?1 AND generation > ?2"
       " ORDER BY generation LIMIT ?3"},
      {&sql.events,
       "SELECT id, at_ns, type, jail, message, data FROM events"
       " WHERE id > ?1 AND id <= ?4 AND (?2 = '' OR type = ?2) ORDER BY id LIMIT ?3"},
      {&sql.events_of_jail,
       "SELECT id, at_ns, type, jail, message, data FROM events"
       " WHERE id > ?1 AND id <= ?4 AND (?2 = '' OR type = ?2) AND jail = ?5 ORDER BY id LIMIT ?3"},
  }};
  for (const auto& [statement, text] : texts) {
    Result<Statement> prepared = database.prepare(text);
    if (!prepared) return Fail(prepared.error());
    *statement = *std::move(prepared);
  }
  return {};
}

Result<Tables> Tables::prepare(Database& database, const Limits& limits) {
  auto sql = std::make_unique<Statements>();
  Result<void> done = prepare_writes(database, *sql);
  if (done) done = prepare_reads(database, *sql);
  if (!done) return Fail(done.error());
  return Tables(std::move(sql), limits);
}

Result<Snapshot> Tables::snapshot() {
  Snapshot snapshot;
  Result<void> done = read_jails(snapshot);
  if (done) done = read_runs(snapshot);
  if (done) done = read_ledger(snapshot);
  if (done) done = read_tokens(snapshot);
  if (done) done = read_numbers(snapshot);
  if (!done) return Fail(done.error());
  return snapshot;
}

Result<void> Tables::read_jails(Snapshot& snapshot) {
  return sql_->jails.each(append_to(snapshot.jails, jail_of));
}
Result<void> Tables::read_runs(Snapshot& snapshot) {
  return sql_->runs.each(append_to(snapshot.runs, run_of));
}

Result<void> Tables::read_tokens(Snapshot& snapshot) {
  return sql_->tokens.each(append_to(snapshot.tokens, token_of));
}

Result<void> Tables::read_ledger(Snapshot& snapshot) {
  std::unordered_map<std::int64_t, std::map<std::string, std::string>> details;
  Result<void> done = sql_->ledger_details.each([&details](const Row& row) -> Result<void> {
    details[row.integer(0)].emplace(row.text(1), row.text(2));
    return {};
  });
  if (!done) return done;

  std::unordered_map<std::string, RunRecord*> runs;
  for (RunRecord& run : snapshot.runs) runs.emplace(run.key.name, &run);
  return sql_->ledger.each([&](const Row& row) -> Result<void> {
    const auto run = runs.find(row.text(0));
    if (run == runs.end()) return Fail(Kind::unavailable, "a ledger entry belongs to no run: jail " + row.text(0));
    Result<core::ResourceKind> kind = resource_from(row.text(3));
    if (!kind) return Fail(kind.error().in("run of jail " + row.text(0)));
    auto& entries = row.integer(1) != 0 ? run->second->before_create : run->second->after_create;
    entries.push_back({*kind, row.text(4), std::move(details[row.integer(2)]), row.integer(5) != 0});
    return {};
  });
}

Result<void> Tables::read_numbers(Snapshot& snapshot) {
  Result<void> done = sql_->meta.each([&snapshot](const Row& row) -> Result<void> {
    snapshot.meta.emplace(row.text(0), row.text(1));
    return {};
  });
  const auto number_into = [](std::uint64_t& number) {
    return [&number](const Row& row) -> Result<void> {
      number = unsigned_of(row.integer(0));
      return {};
    };
  };
  if (done) done = sql_->last_event.each(number_into(snapshot.last_event));
  if (done) done = sql_->counter.each(number_into(snapshot.last_run), "last_run");
  return done;
}

Result<HistoryPage> Tables::history(const std::string& name, const HistoryQuery& query) {
  const std::uint64_t after = std::min(query.after, integer_max);                        // the client's
  const std::uint64_t rows = std::min<std::uint64_t>(query.limit, integer_max - 1) + 1;  // one to see that more follow
  HistoryPager pager(query);
  Result<void> done = sql_->history.each(
      [&](const Row& row) -> Result<void> {
        if (!pager.has_room()) return {};
        const std::string text = row.text(3);
        Result<JailSpec> spec = spec_from(text);
        if (!spec) return Fail(spec.error().in("jail " + name + ", generation " + row.text(0)));
        pager.add({unsigned_of(row.integer(0)), from_ns(row.integer(1)), row.text(2), *std::move(spec)}, text.size());
        return {};
      },
      name, after, rows);
  if (!done) return Fail(done.error());
  return pager.take();
}

Result<EventsPiece> Tables::events(const EventQuery& query) {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  Result<void> done = sql_->event_range.each([&](const Row& row) -> Result<void> {
    first = unsigned_of(row.integer(0));
    last = unsigned_of(row.integer(1));
    return {};
  });
  if (!done) return Fail(done.error());
  const std::uint64_t after = std::max(std::min(query.after, integer_max), first == 0 ? 0 : first - 1);
  const std::uint64_t limit = std::min<std::uint64_t>(query.limit, integer_max);
  const std::uint64_t up_to = last - std::min(last, after) > events_a_piece ? after + events_a_piece : last;
  EventsPiece piece;
  const auto add = append_to(piece.events, event_of);
  done = query.jail.empty() ? sql_->events.each(add, after, query.type, limit, up_to)
                            : sql_->events_of_jail.each(add, after, query.type, limit, up_to, query.jail);
  if (!done) return Fail(done.error());
  if (up_to < last) piece.go_on_after = up_to;
  return piece;
}

}  // namespace jaild::store
