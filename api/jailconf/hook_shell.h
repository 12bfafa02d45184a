// The command line of a hook, cut into its simple commands as sh(1) would: enough of the shell to find in it what
// people write around rctl(8) and cpuset(1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jaild::jailconf {

// What stands before a command.
enum class Joint { always, if_ok, if_failed, pipe };  // first, ; & or a new line; &&; ||; |

struct SimpleCommand {
  Joint joint = Joint::always;
  std::vector<std::string> words;  // quotes and redirections are gone; a $NAME stays as it is written
};

// nullopt: more of the shell than is read here, such as $(...), if, a loop, a function or a quote that does not end.
[[nodiscard]] std::optional<std::vector<SimpleCommand>> split_commands(std::string_view line);

}  // namespace jaild::jailconf
