// From a path to a Database that is ours, whole, up to date and locked for us alone; or to a sentence that says why
// not.
#pragma once

#include <filesystem>

#include "daemon/store/sqlite.h"

namespace jaild::store {

// Up to this size the whole file is checked at open (64 MiB take about 0.1 s from the page cache); above it only the
// tables without history, whose size follows the number of jails. Damage elsewhere then shows when it is met.
constexpr std::uintmax_t whole_check_bytes_max = std::uintmax_t{64} * 1024 * 1024;

// Opens FILE, making it (0600) and its directory (0700, not its parents) where they are missing.
//
// A new database appears complete, under its name by link(2). So an empty file, or a log without its file, is never
// taken for a new one: that would forget every jail without a word.
//
// The connection holds SQLite's exclusive lock until it closes (locking_mode=EXCLUSIVE, WAL, synchronous=FULL):
//   - a second jaild on the same state gets an error after `busy_timeout`, whatever its pid file says;
//   - nobody else's read transaction can hold up checkpoints or commits, and there is no -shm file, which a full disk
//     could turn into a SIGBUS;
//   - sqlite3(1) of an administrator says "database is locked" at once. What jaild knows, jailctl tells; to look at the
//     tables, stop jaild (jails go on) or copy FILE and FILE-wal together and open the copy.
//
// Errors name FILE and what to do; all are Kind::unavailable or Kind::storage_full. A file that is damaged, foreign or
// of a newer jaild is left byte for byte as it was. Blocks: any thread but the loop.
Result<Database> open_database_file(const std::filesystem::path& file, const DatabaseOptions& options);

}  // namespace jaild::store
