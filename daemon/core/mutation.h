// Changes to what is durable, as values. One commit is a list of them: all or none.
#pragma once

#include <string>
#include <variant>

#include "daemon/core/records.h"

namespace jaild::core {

// Puts the record of a jail, new or changed. A generation not seen before is kept as a version of its spec; the last
// 100 versions of a jail stay.
struct PutJail {
  JailRecord record;
};
struct EraseJail {  // with its versions and run; events stay
  std::string name;
};
struct PutRun {  // replaces the run of that jail, ledger and all
  RunRecord record;
};
struct EraseRun {
  std::string name;
};
struct AddEvent {
  JailEvent event;
};
struct PutMeta {  // "boot_id"...
  std::string key;
  std::string value;
};
struct PutToken {  // a new one
  TokenRecord record;
};
struct TouchToken {  // was used; one that is gone stays gone
  std::string id;
  WallTime at;
};
struct EraseToken {
  std::string id;
};
using Mutation =
    std::variant<PutJail, EraseJail, PutRun, EraseRun, AddEvent, PutMeta, PutToken, TouchToken, EraseToken>;

}  // namespace jaild::core
