#include "daemon/store/schema.h"

#include <array>
#include <string>

namespace jaild::store {
namespace {

// Times are nanoseconds since 1970 in UTC. `spec` is the JSON of the interface. Names of paths and things are bytes as
// the kernel knows them; that is why the ledger has rows and not JSON, which holds only UTF-8.
// A jail takes all that is its own along when it goes; events stay.
constexpr const char* first_schema = R"sql(
CREATE TABLE jails (
  name TEXT PRIMARY KEY NOT NULL,
  generation INTEGER NOT NULL,
  desired TEXT NOT NULL CHECK (desired IN ('running', 'stopped')),
  deleting INTEGER NOT NULL,
  spec TEXT NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  restarts INTEGER NOT NULL,
  last_exit TEXT,
  finished INTEGER NOT NULL,
  failure TEXT NOT NULL,
  restart_last_delay_ms INTEGER NOT NULL,
  restart_starts_ns TEXT NOT NULL,
  restart_gave_up INTEGER NOT NULL,
  restart_next_try_at_ns INTEGER
) STRICT;

CREATE TABLE versions (
  jail TEXT NOT NULL REFERENCES jails (name) ON DELETE CASCADE,
  generation INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  written_by TEXT NOT NULL,
  spec TEXT NOT NULL,
  PRIMARY KEY (jail, generation)
) STRICT;

CREATE TABLE runs (
  jail TEXT PRIMARY KEY NOT NULL REFERENCES jails (name) ON DELETE CASCADE,
  run INTEGER NOT NULL,
  jid INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  spec TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('starting', 'running', 'stopping')),
  boot_id TEXT NOT NULL,
  started_at_ns INTEGER
) STRICT;

CREATE TABLE ledger (
  id INTEGER PRIMARY KEY,
  jail TEXT NOT NULL REFERENCES runs (jail) ON DELETE CASCADE,
  before_create INTEGER NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('alias', 'mount', 'interface', 'dataset', 'cgroup')),
  name TEXT NOT NULL,
  borrowed INTEGER NOT NULL,
  UNIQUE (jail, before_create, position)
) STRICT;

CREATE TABLE ledger_details (
  entry INTEGER NOT NULL REFERENCES ledger (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (entry, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE exits (
  id INTEGER PRIMARY KEY,
  jail TEXT NOT NULL REFERENCES jails (name) ON DELETE CASCADE,
  last_exit TEXT NOT NULL
) STRICT;
CREATE INDEX exits_by_jail ON exits (jail, id);

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  type TEXT NOT NULL,
  jail TEXT NOT NULL,
  message TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_jail ON events (jail, id);

CREATE TABLE meta (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
  name TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Bearer tokens. The secret is not here, only its SHA-256.
constexpr const char* tokens_schema = R"sql(
CREATE TABLE tokens (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  secret_sha256 TEXT NOT NULL CHECK (length(secret_sha256) = 64),
  created_at_ns INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  expires_at_ns INTEGER,
  last_used_at_ns INTEGER
) STRICT;
)sql";

// What hooks of the start set beside the spec's rctl rules, a JSON list of kernel texts.
constexpr const char* hook_rules_schema = R"sql(
ALTER TABLE runs ADD COLUMN hook_rules TEXT NOT NULL DEFAULT '[]';
)sql";

// A kind of resource is the business of its driver, not of the schema; and nobody ever wrote an exit. The details go
// first: a table that is dropped takes along what refers to its rows.
constexpr const char* open_kinds_schema = R"sql(
DROP TABLE exits;
CREATE TABLE new_ledger (
  id INTEGER PRIMARY KEY,
  jail TEXT NOT NULL REFERENCES runs (jail) ON DELETE CASCADE,
  before_create INTEGER NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  borrowed INTEGER NOT NULL,
  UNIQUE (jail, before_create, position)
) STRICT;
INSERT INTO new_ledger SELECT id, jail, before_create, position, kind, name, borrowed FROM ledger;
CREATE TABLE new_ledger_details (
  entry INTEGER NOT NULL REFERENCES new_ledger (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (entry, key)
) STRICT, WITHOUT ROWID;
INSERT INTO new_ledger_details SELECT entry, key, value FROM ledger_details;
DROP TABLE ledger_details;
DROP TABLE ledger;
ALTER TABLE new_ledger RENAME TO ledger;
ALTER TABLE new_ledger_details RENAME TO ledger_details;
)sql";

constexpr std::array<Migration, 4> all_migrations{{
    {1, first_schema},
    {2, tokens_schema},
    {3, hook_rules_schema},
    {4, open_kinds_schema},
}};

Result<void> run_one(Database& database, const Migration& migration) {
  Result<Transaction> transaction = Transaction::begin(database);
  if (!transaction) return Fail(transaction.error());
  Result<void> done = database.execute(migration.sql);
  if (!done) return done;
  done = database.execute("PRAGMA application_id = " + std::to_string(application_id));
  if (!done) return done;
  done = database.execute("PRAGMA user_version = " + std::to_string(migration.version));
  if (!done) return done;
  Result<std::int64_t> orphans = database.read_integer("SELECT count(*) FROM pragma_foreign_key_check");
  if (!orphans) return Fail(orphans.error());
  if (*orphans != 0) {
    return Fail(Kind::internal, std::to_string(*orphans) + " rows would refer to rows that are not there");
  }
  return transaction->commit();
}

}  // namespace

std::span<const Migration> migrations() {
  return all_migrations;
}

Result<std::int64_t> schema_version(Database& database, std::span<const Migration> known) {
  Result<std::int64_t> version = database.read_integer("PRAGMA user_version");
  if (!version) return version;
  Result<std::int64_t> owner = database.read_integer("PRAGMA application_id");
  if (!owner) return owner;
  Result<std::int64_t> objects = database.read_integer("SELECT count(*) FROM sqlite_schema");
  if (!objects) return objects;

  const bool empty = *version == 0 && *owner == 0 && *objects == 0;
  if (empty) return 0;
  if (*owner != application_id || *version < 1) {
    return Fail(Kind::unavailable, database.file() + ": this is the database of another program; move it away");
  }
  if (*version > static_cast<std::int64_t>(known.size())) {
    return Fail(Kind::unavailable, database.file() + ": a newer jaild wrote it, with schema " +
                                       std::to_string(*version) + ", and this one knows schemas up to " +
                                       std::to_string(known.size()) + "; use the newer jaild. Nothing was changed");
  }
  return version;
}

Result<void> migrate(Database& database, std::span<const Migration> known) {
  Result<std::int64_t> version = schema_version(database, known);
  if (!version) return Fail(version.error());
  // Rebuilding a table drops rows that others refer to for a moment; run_one() checks the references at the end.
  Result<void> off = database.execute("PRAGMA foreign_keys = OFF");
  if (!off) return off;
  for (const Migration& migration : known.subspan(static_cast<std::size_t>(*version))) {
    Result<void> done = run_one(database, migration);
    if (!done) {
      return Fail(done.error().in(database.file() + ": migration to schema " + std::to_string(migration.version)));
    }
  }
  return {};
}

}  // namespace jaild::store
