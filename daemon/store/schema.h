// The shape of the database, as numbered migrations. A file's number is its PRAGMA user_version; 0 is an empty file.
// A migration that has been released is never edited: a change is the next number, with its test from the one before.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/store/sqlite.h"

namespace jaild::store {

// PRAGMA application_id, so that file(1) and we can tell our file from another program's: "jail" in ASCII.
constexpr std::int64_t application_id = 0x6a61696c;

struct Migration {
  int version;      // the number of the schema once `sql` ran; they count 1, 2, 3...
  const char* sql;  // statements, run in one transaction with foreign keys off
};

[[nodiscard]] std::span<const Migration> migrations();

// The version of the file. Reads only. Kind::unavailable: not a file of ours, or one of a newer jaild.
Result<std::int64_t> schema_version(Database& database, std::span<const Migration> known = migrations());

// Brings the file to the last of `known`, each migration in a transaction of its own: after a failure or a crash the
// file has one of the numbers, whole. Expects schema_version() to have succeeded.
Result<void> migrate(Database& database, std::span<const Migration> known = migrations());

}  // namespace jaild::store
