// The fields of a request that say under which conditions, and in which form, it holds.
#pragma once

#include <string>
#include <string_view>

#include "api/contract/result.h"
#include "api/contract/change.h"
#include "api/server/message.h"

namespace jaild::server {

// From If-Match and, where `may_create` (PUT), If-None-Match: *. Kind::bad_request: a tag without quotes, a list,
// If-None-Match elsewhere. Kind::precondition_failed: a tag that no generation of ours can have.
Result<Conditions> read_conditions(const Request& request, bool may_create);

// "\"7\"", the ETag of generation 7.
std::string etag(std::uint64_t generation);

enum class BodyType { json, json_or_merge_patch };

// Whether a body that is there has a type that we read: Kind::unsupported_media_type says which would do.
Result<void> check_body_type(const Request& request, BodyType type);

// Whether Accept asks for a JSON list of events rather than a stream.
bool prefers_json(const Request& request);
// Whether Accept asks for a log as one JSON object a line rather than as text.
bool prefers_json_lines(const Request& request);

}  // namespace jaild::server
