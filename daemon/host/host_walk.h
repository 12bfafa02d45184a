// Walking a path of the host that may lead through a jail's tree. The administrator's links are followed, as ever;
// below a directory that a jail can write none is, nor is "..", and what was looked at is held by a descriptor, so that
// it cannot become something else before it is used.
#pragma once

#include <functional>
#include <string>

#include "api/contract/result.h"
#include "daemon/host/unique_fd.h"

namespace jaild::host {

// Whether jails can write in the directory of this name, which has no links in it.
using IsTree = std::function<bool(const std::string& real)>;

struct Walked {
  UniqueFd fd;           // the thing itself, O_PATH; none where it is missing and may be
  UniqueFd directory;    // where it lies, O_PATH; none for "/"
  std::string name;      // in that directory
  std::string real;      // its path without links
  bool in_tree = false;  // a jail can write where it lies
};

enum class LastPart { must_exist, may_be_missing };

// `what` is what errors call it. Kind::missing: it does not exist. Kind::host_refused: it leads through a link, or
// through "..", where a jail can write. Kind::invalid: not absolute.
Result<Walked> walk_host_path(const std::string& path, const std::string& what, const IsTree& is_tree,
                              LastPart last = LastPart::must_exist);

}  // namespace jaild::host
