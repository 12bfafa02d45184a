// What can go wrong, as a value. Layers pass an Error up and add one clause of context; the edge (HTTP, jailctl) turns
// its kind into a status or an exit code through the one table below.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace jaild {

enum class Kind {
  bad_request,             // not a request that HTTP allows
  header_too_large,        // request line and header over the limit
  request_timeout,         // the client took too long to send it
  bad_json,                // the body is not JSON
  invalid,                 // the request is JSON, but not one that can be carried out; see Error::fields
  unauthorized,            // who are you?
  forbidden,               // we know who you are, and no
  not_found,               // no such jail, path or event
  method_not_allowed,      // the path exists, this method on it does not
  exists,                  // the name is taken
  conflict,                // dependants, a foreign jail, a state that does not allow it
  not_running,             // needs a running jail
  precondition_failed,     // If-Match or If-None-Match did not hold
  too_large,               // body over the limit
  unsupported_media_type,  // body of another type than JSON
  upgrade_required,        // the call is a WebSocket, the request asks for none
  overloaded,              // a bound is reached; trying later helps
  storage_full,            // the state's file system is full
  timeout,                 // a deadline passed
  misdirected,             // Host names another server
  missing,                 // a thing the jail needs is not there yet: root, mount source, interface, dataset
  host_refused,            // the kernel said no; os_errno and its own words are in the message
  unavailable,             // the daemon, a monitor or the store cannot be reached
  internal,                // a defect of ours
};

// One mistake in a request. `pointer` is a JSON Pointer (RFC 6901) into the body, "" for the body as a whole.
struct FieldError {
  std::string pointer;
  std::string detail;
  bool operator==(const FieldError&) const = default;
};

struct Error {
  Kind kind = Kind::internal;
  std::string message;  // one sentence for a person; names the jail and the step where there is one
  int os_errno = 0;     // 0: not from the operating system
  std::vector<FieldError> fields;

  // The same error, with where it happened in front: Error{"EPERM"}.in("mount /dev") says "mount /dev: EPERM".
  [[nodiscard]] Error in(const std::string& context) const {
    Error outer = *this;
    outer.message = context + ": " + message;
    return outer;
  }
};

// How a kind shows at the edges. `type` is the stable last part of the problem's URN ("urn:jaild:problem:" + type);
// `exit_code` is jailctl's (doc/design.md, "jailctl's exit codes").
struct KindTraits {
  int http_status;
  int exit_code;
  const char* type;
  const char* title;
};

constexpr KindTraits traits(Kind kind) {
  switch (kind) {
    case Kind::bad_request: return {400, 1, "bad-request", "Not a valid HTTP request"};
    case Kind::header_too_large: return {431, 1, "header-too-large", "The request's header is too large"};
    case Kind::request_timeout: return {408, 1, "request-timeout", "The request took too long to arrive"};
    case Kind::bad_json: return {400, 1, "bad-json", "The body is not JSON"};
    case Kind::invalid: return {422, 1, "invalid", "The request cannot be carried out as it is"};
    case Kind::unauthorized: return {401, 7, "unauthorized", "Not authenticated"};
    case Kind::forbidden: return {403, 7, "forbidden", "Not allowed"};
    case Kind::not_found: return {404, 4, "not-found", "Not found"};
    case Kind::method_not_allowed: return {405, 1, "method-not-allowed", "Method not allowed"};
    case Kind::exists: return {409, 6, "exists", "The name is taken"};
    case Kind::conflict: return {409, 6, "conflict", "In conflict with the present state"};
    case Kind::not_running: return {409, 3, "not-running", "The jail is not running"};
    case Kind::precondition_failed: return {412, 6, "precondition-failed", "The jail changed meanwhile"};
    case Kind::too_large: return {413, 1, "too-large", "The body is too large"};
    case Kind::unsupported_media_type: return {415, 1, "unsupported-media-type", "Unsupported media type"};
    case Kind::upgrade_required: return {426, 1, "upgrade-required", "The call is a WebSocket"};
    case Kind::overloaded: return {503, 1, "overloaded", "Too busy"};
    case Kind::storage_full: return {507, 1, "storage-full", "The disk is full"};
    case Kind::timeout: return {503, 124, "timeout", "Timed out"};
    case Kind::misdirected: return {421, 1, "misdirected", "Not a name of this server"};
    case Kind::missing: return {409, 1, "missing", "Something the jail needs is not there"};
    case Kind::host_refused: return {409, 1, "host-refused", "The kernel refused"};
    case Kind::unavailable: return {503, 8, "unavailable", "Not available"};
    case Kind::internal: return {500, 1, "internal", "Internal error"};
  }
  std::unreachable();
}

}  // namespace jaild
