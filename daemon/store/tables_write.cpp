#include <array>
#include <utility>
#include <variant>

#include "daemon/store/row_codec.h"
#include "daemon/store/tables.h"

namespace jaild::store {

Result<void> Tables::prepare_writes(Database& database, Statements& sql) {
  // ON CONFLICT and not REPLACE: a replaced jail would take its versions, run and exits along.
  const std::array<std::pair<Statement*, const char*>, 15> texts{{
      {&sql.put_jail,
       "INSERT INTO jails VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
       " ON CONFLICT (name) DO UPDATE SET generation = ?2, desired = ?3, deleting = ?4, spec = ?5, updated_at_ns = ?6,"
       " updated_by = ?7, restarts = ?8, last_exit = ?9, finished = ?10, failure = ?11, restart_last_delay_ms = ?12,"
       " restart_starts_ns = ?13, restart_gave_up = ?14, restart_next_try_at_ns = ?15"},
      {&sql.put_version, "INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (jail, generation) DO NOTHING"},
      {&sql.trim_versions,
       "DELETE FROM versions WHERE jail = ?1 AND generation <="
       " (SELECT generation FROM versions WHERE jail = ?1 ORDER BY generation DESC LIMIT 1 OFFSET ?2)"},
      {&sql.erase_jail, "DELETE FROM jails WHERE name = ?1"},
      {&sql.erase_run, "DELETE FROM runs WHERE jail = ?1"},
      {&sql.put_run, "INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {&sql.put_entry,
       "INSERT INTO ledger (jail, before_create, position, kind, name, borrowed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
       " RETURNING id"},
      {&sql.put_detail, "INSERT INTO ledger_details VALUES (?1, ?2, ?3)"},
      {&sql.raise_counter,
       "INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = max(value, ?2)"},
      {&sql.add_event, "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
      {&sql.trim_events,
       "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?1)"
       " OR (at_ns < ?2 AND id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?3))"},
      {&sql.put_token, "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
      {&sql.touch_token, "UPDATE tokens SET last_used_at_ns = ?2 WHERE id = ?1"},
      {&sql.erase_token, "DELETE FROM tokens WHERE id = ?1"},
      {&sql.put_meta, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2"},
  }};
  for (const auto& [statement, text] : texts) {
    Result<Statement> prepared = database.prepare(text);
    if (!prepared) return Fail(prepared.error());
    *statement = *std::move(prepared);
  }
  return {};
}

Result<void> Tables::apply(const Mutation& mutation) {
  return std::visit([this](const auto& one) { return write(one); }, mutation);
}

Result<void> Tables::write(const PutJail& put) {
  const JailRecord& jail = put.record;
  const std::string spec = spec_text(jail.spec);
  std::optional<std::string> last_exit;
  if (jail.last_exit) last_exit = exit_text(*jail.last_exit);
  std::optional<std::int64_t> next_try_at;
  if (jail.restart.next_try_at) next_try_at = to_ns(*jail.restart.next_try_at);

  Result<void> done = sql_->put_jail.run(jail.name, jail.generation, desired_word(jail.desired), jail.deleting, spec,
                                         to_ns(jail.updated_at), jail.by, jail.restarts, last_exit, jail.finished,
                                         jail.failure, jail.restart.last_delay.count(),
                                         starts_text(jail.restart.starts), jail.restart.gave_up, next_try_at);
  if (done) done = sql_->put_version.run(jail.name, jail.generation, to_ns(jail.updated_at), jail.by, spec);
  if (done) done = sql_->trim_versions.run(jail.name, limits_.versions_per_jail);
  return done;
}

Result<void> Tables::write(const EraseJail& erase) {
  return sql_->erase_jail.run(erase.name);
}

Result<void> Tables::write(const PutRun& put) {
  const RunRecord& run = put.record;
  std::optional<std::int64_t> started_at;
  if (run.started_at) started_at = to_ns(*run.started_at);

  Result<void> done = sql_->erase_run.run(run.key.name);
  if (done) {
    done = sql_->put_run.run(run.key.name, run.key.run, run.key.jid, run.generation, spec_text(run.spec),
                             phase_word(run.phase), run.boot_id, started_at, hook_rules_text(run.hook_rules));
  }
  if (done) done = write_ledger(run.key.name, true, run.before_create);
  if (done) done = write_ledger(run.key.name, false, run.after_create);
  if (done) done = sql_->raise_counter.run("last_run", run.key.run);
  return done;
}

Result<void> Tables::write_ledger(const std::string& jail, bool before_create,
                                  const std::vector<core::LedgerEntry>& entries) {
  std::size_t position = 0;
  for (const core::LedgerEntry& entry : entries) {
    std::int64_t id = 0;
    Result<void> done = sql_->put_entry.each(
        [&id](const Row& row) -> Result<void> {
          id = row.integer(0);
          return {};
        },
        jail, before_create, position++, resource_word(entry.kind), entry.id, entry.borrowed);
    if (!done) return done;
    for (const auto& [key, value] : entry.detail) {
      done = sql_->put_detail.run(id, key, value);
      if (!done) return done;
    }
  }
  return {};
}

Result<void> Tables::write(const EraseRun& erase) {
  return sql_->erase_run.run(erase.name);
}

Result<void> Tables::write(const AddEvent& add) {
  const JailEvent& event = add.event;
  Result<void> done = sql_->add_event.run(event.id, to_ns(event.at), to_string(event.type), event.jail, event.message,
                                          data_text(event.data));
  if (!done || ++events_since_trim_ < limits_.events_trim_step) return done;
  events_since_trim_ = 0;
  // By the clock of the events: this one is the newest.
  return sql_->trim_events.run(limits_.events, to_ns(event.at - limits_.events_age), limits_.events_kept);
}

Result<void> Tables::write(const PutMeta& put) {
  return sql_->put_meta.run(put.key, put.value);
}

Result<void> Tables::write(const PutToken& put) {
  const Token& token = put.record.token;
  std::optional<std::int64_t> expires_at;
  std::optional<std::int64_t> last_used_at;
  if (token.expires_at) expires_at = to_ns(*token.expires_at);
  if (token.last_used_at) last_used_at = to_ns(*token.last_used_at);
  return sql_->put_token.run(token.id, token.name, role_word(token.role), put.record.secret_hash,
                             to_ns(token.created_at), token.created_by, expires_at, last_used_at);
}

Result<void> Tables::write(const TouchToken& touch) {
  return sql_->touch_token.run(touch.id, to_ns(touch.at));
}

Result<void> Tables::write(const EraseToken& erase) {
  return sql_->erase_token.run(erase.id);
}

}  // namespace jaild::store
