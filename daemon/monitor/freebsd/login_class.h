// libutil's login classes. libutil changes its number between major releases (libutil.so.9 in 14, .10 in 15), so it is
// loaded and not linked; and before any attach, because afterwards it would be the jail's.
#pragma once

#include "api/contract/result.h"

namespace jaild::monitor {

// Once, while on the host. Kind::missing: neither is there.
Result<void> load_login_classes();

}  // namespace jaild::monitor
