// Signals by name, because their numbers differ between systems.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jaild {

// "SIGSEGV"; "SIG34" for one without a name of its own.
[[nodiscard]] std::string signal_name(int number);

// The number here of what signal_name() printed; nullopt for anything else.
[[nodiscard]] std::optional<int> signal_number(std::string_view name);

}  // namespace jaild
