// Every bound of the server in one place. Tests shorten them; production uses these.
#pragma once

#include <chrono>
#include <cstddef>

namespace jaild::server {

struct Limits {
  // Request line and fields, as common servers take by default; no call of ours needs more than 1 KiB.
  std::size_t header_bytes = 8 * 1024;
  std::size_t header_fields = 64;  // browsers send some 20
  // A jail with 100 hooks and 1,000 addresses takes about 60 KiB.
  std::size_t body_bytes = 1024 * 1024;
  // Of a body that is too large, this much is read and dropped, so that a client that sends before it listens still
  // gets its 413; beyond it the connection is cut after the answer.
  std::size_t discard_bytes = 16 * 1024 * 1024;

  std::chrono::milliseconds idle_time{60'000};  // between two requests
  std::chrono::milliseconds header_time{
      10'000};  // from a request's first byte to its empty line, however slowly it drips
  std::chrono::milliseconds body_time{30'000};    // the whole body
  std::chrono::milliseconds write_time{30'000};   // one answer, or one batch of events
  std::chrono::milliseconds answer_time{60'000};  // what the daemon may take, beside ?wait
  std::chrono::milliseconds linger_time{2'000};   // reading on after the last answer, so that no reset overtakes it
  std::chrono::milliseconds stop_time{10'000};    // what sessions get to finish when the server stops
  std::chrono::milliseconds accept_pause{1'000};  // after accept failed for want of descriptors or memory

  std::size_t connections = 1024;  // for each listener; more wait in the kernel's backlog
  std::size_t streams =
      64;  // event streams, logs and WebSockets open at once; of both one asker may have half (share.h)
  // On one connection, of somebody who shows no identity; then it ends. A scraper of the probes connects again.
  std::size_t unidentified_requests = 100;
  std::size_t stream_queue = 1024;  // events that wait for one slow reader; then it is cut off
  std::chrono::milliseconds heartbeat{15'000};
  std::size_t exec_output_bytes = 512 * 1024;       // of each stream in the answer of a one-shot; the rest is dropped
  std::size_t exec_input_bytes = 256 * 1024;        // from a client, not yet taken by the command
  std::size_t exec_message_bytes = 256 * 1024;      // one message from a client
  std::chrono::milliseconds exec_look{1'000};       // how often it is asked whether a client still may, and is there
  std::chrono::milliseconds exec_ping{15'000};      // how often a client is asked for a sign of life
  std::chrono::milliseconds exec_silence{60'000};   // from one that could have answered; then it is cut off
  std::chrono::milliseconds exec_stall{3'600'000};  // from one that takes no output: people leave pagers open
  // How often a log that is followed is looked at: a look is an lseek and a stat in the query pool.
  std::chrono::milliseconds log_look{200};
};

}  // namespace jaild::server
