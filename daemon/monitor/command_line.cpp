#include "daemon/monitor/command_line.h"

namespace jaild::monitor {

CommandLine parse_command_line(const std::string& line) {
  constexpr const char* metacharacters = "!\"$&'()*;<>?[\\]`{|}~";
  constexpr const char* white_space = " \t\f\v\r\n";

  CommandLine parsed;
  std::size_t end = line.size();
  const std::size_t meta = line.find_first_of(metacharacters);
  if (meta != std::string::npos) {
    if (line[meta] != '&' || meta + 1 != line.size()) {
      parsed.argv = {"/bin/sh", "-c", line};
      return parsed;
    }
    parsed.background = true;
    end = meta;
  }
  const std::string words = line.substr(0, end);
  std::size_t begin = words.find_first_not_of(white_space);
  while (begin != std::string::npos) {
    const std::size_t stop = words.find_first_of(white_space, begin);
    parsed.argv.push_back(words.substr(begin, stop - begin));
    begin = words.find_first_not_of(white_space, stop);
  }
  return parsed;
}

}  // namespace jaild::monitor
