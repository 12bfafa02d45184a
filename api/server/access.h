// Who may: from what the kernel says of a peer, or a request of itself, to a role or a refusal. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/result.h"
#include "api/contract/role.h"
#include "api/server/message.h"
#include "api/server/peer.h"

namespace jaild::server {

struct Members {
  std::set<std::uint32_t> users;
  std::set<std::uint32_t> groups;
};

// Who has which role on a Unix socket; everybody else has none.
struct Access {
  Members viewer;
  Members operator_;
  Members admin;
};

// The highest role that the peer's uid or one of its groups gives. Role::none for a jailed one, whatever its uid.
[[nodiscard]] Role role_of(const Access& access, const Peer& peer);

// "uid 1001 has no role here; ..." : what a peer without the role it needs is told.
[[nodiscard]] std::string lacks_role(const std::string& by, Role has, Role needs);

// Whether Host, and the authority of an absolute target, have the form of one, whatever they name. Kind::bad_request.
Result<void> check_host_form(const Request& request);

// TCP, and browsers anywhere: whether Host, and the authority of an absolute target, name this machine's loopback or
// one of `names`. A web page that reaches 127.0.0.1 through a name of its own (DNS rebinding) sends that name.
// Kind::misdirected.
Result<void> check_host(const Request& request, const std::vector<std::string>& names);

// TCP, and browsers anywhere: they say where a page came from, and no page has business here; other clients say
// nothing. Kind::forbidden.
Result<void> check_browser(const Request& request);

// The secret of "Authorization: Bearer SECRET", a view into the request. Kind::unauthorized.
Result<std::string_view> bearer_secret(const Request& request);

}  // namespace jaild::server
