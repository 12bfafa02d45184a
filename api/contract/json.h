// The only place where JSON text becomes values, and back. Nothing here throws: the JSON library's exceptions end here.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/contract/change.h"
#include "api/contract/host_profile.h"
#include "api/contract/jail_status.h"
#include "api/contract/result.h"
#include "api/contract/task_info.h"

namespace jaild {

// Parses one JSON document strictly: duplicate keys, nesting deeper than 32, invalid UTF-8 and trailing text are
// Kind::bad_json with the byte position.
Result<nlohmann::json> parse_json(std::string_view text);

// A body of POST /jails, PUT and PATCH results: {"name"?, "spec", "desired"?, "generation"?, "status"?}. Every mistake
// is reported at once (Kind::invalid, fields with JSON Pointers). `generation` and `status` are accepted and ignored.
// `name_in_path`: PUT's name; a differing "name" in the body is a mistake; "" when the body must carry it.
struct JailDocument {
  std::string name;
  JailSpec spec;
  std::optional<Desired> desired;
};
Result<JailDocument> parse_jail_document(const nlohmann::json& body, std::string_view name_in_path);
// The same, with the mistakes that validate() finds on this host among them: all there are, at once. `further` is asked
// for more of them when the document is refused anyway.
using FurtherMistakes = std::function<std::vector<FieldError>(const std::string& name, const JailSpec& spec)>;
Result<JailDocument> parse_jail_document(const nlohmann::json& body, std::string_view name_in_path,
                                         const HostProfile& host, const FurtherMistakes& further = {});

// Whether a merge patch (RFC 7396) removes only what a document may have. A null for any other name would remove
// nothing and leave no trace in the merged document, so its typing error would go unseen.
Result<void> check_removals(const nlohmann::json& patch);

// A body of POST /plan and POST /apply: {"jails":[JailDocument...], "prune"?: {LABEL: VALUE...}, "restart"?: true}. All
// mistakes of all jails at once, those that `further` finds among them when the set is refused anyway; pointers start
// with "/jails/N". `who` and `dry_run` are left to the caller.
constexpr std::size_t set_members_max = 10'000;
using FurtherSetMistakes = std::function<std::vector<FieldError>(const ChangeRequest& set)>;
Result<ChangeRequest> parse_jail_set(const nlohmann::json& body, const HostProfile& host,
                                     const FurtherSetMistakes& further = {});

// A spec alone: types, ranges and texts; what needs more than one field or the host is validate()'s. `pointer` is where
// it stands in its document ("/spec"). The fields are those of jaild-spec(5), every one optional; "health" has exactly
// one of "exec", "tcp" and "http", and with "http" may have "expect_status" (default 200).
Result<JailSpec> parse_spec(const nlohmann::json& body, std::string_view pointer = "/spec");

nlohmann::json to_json(const JailSpec& spec);  // what parse_spec() reads back equal; defaults of restart etc. included
nlohmann::json to_json(const JailStatus& status);
nlohmann::json to_json(const JailObject& object);  // a foreign one (generation 0) has only name and status
nlohmann::json to_json(const JailEvent& event);
nlohmann::json to_json(const SpecVersion& version);
nlohmann::json to_json(const ProcessInfo& process);
// {"resources":{NAME:N...},"limits":[{"rule","resource","action","amount","per","unit"}...]}; "rule" as written.
nlohmann::json to_json(const Usage& usage, const std::vector<RctlRule>& limits);
nlohmann::json to_json(const HostProfile& profile);
nlohmann::json to_json(const Effect& effect);
nlohmann::json to_json(const Tasks& tasks);
nlohmann::json to_json(const LastExit& exit);
Result<LastExit> parse_last_exit(const nlohmann::json& body);  // members it does not know are ignored
// RFC 9457: {"type":"urn:jaild:problem:KIND","title","status","detail","errors":[{"pointer","detail"}]}.
nlohmann::json problem(const Error& error);

std::string to_text(const nlohmann::json& value);  // compact; invalid UTF-8 replaced, never thrown
std::string rfc3339(WallTime time);                // UTC, "2026-01-31T12:00:00.123Z"; milliseconds only when not zero
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace jaild
