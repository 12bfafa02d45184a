// The files of `jailctl up -f` and `jailctl edit`: JSON text to jails to declare, mistakes with file, line and column.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/contract/result.h"
#include "client/exit_code.h"
#include "client/session.h"

namespace jaild::client {

// As much as a file of 10,000 large jails; more is another kind of file.
constexpr std::size_t file_bytes_max = std::size_t{16} << 20;

struct Declaration {
  std::string name;
  std::string pointer;  // where it stands in the file: "", "/2", "/jails/2"
  nlohmann::json body;  // as PUT takes it
  bool start = true;    // unless it says "desired": "stopped"
};

// A file with its name for messages: "-" reads `in`, which is named "stdin".
struct SourceText {
  std::string file;
  std::string text;
};
Result<SourceText> read_source(const std::string& path, std::istream& in);

// The jails of the text, dependencies before dependants. All mistakes are found before anything is asked of the daemon:
// Error::fields have pointers into the file; Kind::bad_json has none.
Result<std::vector<Declaration>> parse_declarations(std::string_view text);

// Says every mistake of `error` on standard error, each with its place in the file, and returns the exit code. `base`:
// Declaration::pointer when the daemon found it, "" when the file's parser did.
ExitCode fail_at(Session& session, const std::string& jail, const SourceText& source, const Error& error,
                 const std::string& base);

}  // namespace jaild::client
