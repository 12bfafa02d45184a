#include "daemon/runtime/exec_audit.h"

#include <string_view>
#include <utility>

namespace jaild::runtime {
namespace {

constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%^";

std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // a UTF-8 character that began before it
}

}  // namespace

std::string command_text(const std::vector<std::string>& command) {
  if (command.empty()) return "(login shell)";
  std::string text;
  for (const std::string& word : command) {
    if (text.size() > audited_command_max) break;
    text += (text.empty() ? "" : " ") + quoted(word);
  }
  if (text.size() <= audited_command_max) return text;
  std::size_t end = audited_command_max;
  while (end > 0 && continues(text[end])) --end;
  return text.substr(0, end) + "...";
}

core::RecordRequested exec_record(const std::string& jail, const ExecRequest& request, const Requester& who) {
  core::RecordRequested record;
  record.type = EventType::jail_exec;
  record.jail = jail;
  record.message = "a command is run by hand";
  record.data = {{"by", who.by},
                 {"from", who.from},
                 {"action", "exec"},
                 {"command", command_text(request.command)},
                 {"user", request.user},
                 {"cwd", request.cwd},
                 {"terminal", request.terminal ? "yes" : ""}};
  return record;
}

}  // namespace jaild::runtime
