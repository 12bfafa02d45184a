// A listener as the command line and the configuration write it: an address, and bounds of its own.
#pragma once

#include <string_view>

#include "api/contract/result.h"
#include "api/server/address.h"
#include "api/server/limits.h"

namespace jaild::server {

struct ListenOption {
  Address address;
  Limits limits;
};

// "127.0.0.1:8080" or "unix:/run/jaild/jaild.sock,connections=64,header_seconds=5": ADDRESS[,NAME=NUMBER]... with the
// names of listen_limit_names(). Over TCP, which every user of the machine reaches, `connections` is 256 unless given.
// Kind::invalid in a sentence.
Result<ListenOption> parse_listen(std::string_view text);

// "body_bytes, body_seconds, ...", for messages and help.
std::string listen_limit_names();

}  // namespace jaild::server
