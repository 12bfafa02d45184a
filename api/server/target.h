// The request target: its path in segments, its query, each decoded exactly once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/error.h"
#include "api/contract/result.h"

namespace jaild::server {

struct Parameter {
  std::string name;
  std::string value;
  bool operator==(const Parameter&) const = default;
};

struct Target {
  std::vector<std::string> segments;  // "/jails/a%2Eb" -> "jails", "a.b"; "/" -> none
  std::vector<Parameter> query;
};

// Takes "/path?query" and "http://host/path?query", the scheme in capitals too. Kind::bad_request: anything else, a
// broken percent escape, an empty or dotted segment, a control character, more than 32 parameters. `+` is itself:
// labels may hold it.
Result<Target> parse_target(std::string_view text);

// "host:80" of "http://host:80/path"; nullopt of a target in another form.
std::optional<std::string_view> authority_of(std::string_view target);

// Reads a query parameter by parameter; finish() reports every mistake at once, unknown and repeated names among them.
class QueryReader {
 public:
  explicit QueryReader(const std::vector<Parameter>& query);  // the query outlives the reader

  bool flag(std::string_view name);  // 1, true; 0, false, absent
  std::optional<std::string> text(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least, std::uint64_t most);
  void mistake(std::string_view name, const std::string& detail);
  // Kind::invalid with a field error for each mistake; the pointer is "", because the query has none.
  Result<void> finish();

 private:
  const std::vector<Parameter>& query_;
  std::vector<std::string> known_;
  std::vector<FieldError> mistakes_;
};

}  // namespace jaild::server
