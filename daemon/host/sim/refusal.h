// How the model says no: an errno, as the kernel's manual pages name it, and the words.
#pragma once

#include <string>

#include "api/contract/result.h"

namespace jaild::host::sim {

[[nodiscard]] std::unexpected<Error> refuse(int error, std::string what);

}  // namespace jaild::host::sim
