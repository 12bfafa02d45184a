// The first process of a Linux jail: makes the root, then reaps what is orphaned, for as long as the jail lives. It has
// no capability left, writes nothing, and goes on when the monitor dies.
#pragma once

#include <string>

#include "api/contract/result.h"
#include "daemon/monitor/request.h"

namespace jaild::monitor {

// Over a SOCK_SEQPACKET pair; the first byte is the kind, the rest an Error as encode_report() wrote it.
enum class Pid1Message : char {
  go = 'g',       // monitor: the jail record is written. End of file instead: exit
  console = 'c',  // monitor: with the read end of a pipe, to be emptied when the monitor has died
  query = 'q',    // monitor: is the jail empty?
  ready = 'r',    // pid 1: namespaces and root are made
  failed = 'f',   // pid 1: why not; it exits
  empty = 'e',    // pid 1: nobody is here but me; after its last orphan and as an answer
  occupied = 'o'  // pid 1: an answer only
};

// Runs in the cloned child; never returns.
[[noreturn]] void run_pid1(const CreateRequest& jail, const std::string& staging, int channel);

}  // namespace jaild::monitor
