#include "client/wait_report.h"

#include <ostream>

#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;

namespace {

// The first step that failed; null when none did.
const json* failed_step(const json& object) {
  for (const json& step : array_at(object, "/status/steps")) {
    if (!flag_at(step, "/ok", true)) return &step;
  }
  return nullptr;
}

// "did not start: REASON; failed at exec.start (/bin/sh /etc/rc): exited with 1", each thing once.
std::string failure_text(const json& object) {
  const std::string reason = text_at(object, "/status/reason");
  std::string text = "did not start" + (reason.empty() ? "" : ": " + reason);
  const json* step = failed_step(object);
  if (step == nullptr) return text;
  const std::string name = text_at(*step, "/step");
  const std::string command = text_at(*step, "/command");
  const std::string error = text_at(*step, "/error");
  const auto told = [&](const std::string& part) { return reason.find(part) != std::string::npos; };
  if (told(name) && told(command) && told(error)) return text;
  text += "; failed at " + name + (command.empty() ? "" : " (" + command + ")");
  return error.empty() || told(error) ? text : text + ": " + error;
}

std::string where_to_look(const std::string& name, const json& object) {
  const json* step = failed_step(object);
  const bool hook = step != nullptr && text_at(*step, "/step").starts_with("exec.");
  return (hook ? "`jailctl logs " + name + "` shows what it printed, " : "") + "`jailctl status " + name +
         "` shows every step";
}

std::string success_text(Verdict verdict, const Begun& begun, const json& object) {
  if (begun.goal == Goal::gone) return "removed";
  if (verdict == Verdict::finished) {
    const std::string reason = text_at(object, "/status/last_exit/reason");
    return "ran and ended" + (reason.empty() ? "" : ": " + reason);
  }
  if (begun.goal == Goal::stopped) {
    const bool dying = field_at(object, "/status/dying_since") != nullptr;
    return dying ? "stopped; the kernel still holds the former jail (dying)" : "stopped";
  }
  std::string text = "running";
  if (const auto jid = number_at(object, "/status/jid")) text += ", jid " + std::to_string(*jid);
  text += ", ready";
  const std::string pending = pending_text(object);
  if (!pending.empty()) text += "; " + pending;
  return text;
}

ExitCode timed_out(Session& session, const Begun& begun, const json& object) {
  const std::string reason = text_at(object, "/status/reason");
  const std::string state = object.is_null() ? "not there" : text_at(object, "/status/state");
  const bool unready = state == "running" && begun.goal == Goal::running;
  return session.fail(begun.name, ExitCode::timed_out,
                      "timed out, it is still " + state + (unready ? " and not ready" : "") +
                          (reason.empty() ? "" : ": " + reason) + "; jaild goes on, see `jailctl status " + begun.name +
                          "`");
}

}  // namespace

ExitCode report(Session& session, Verdict verdict, const Begun& begun, const json& object, const Hindrance& hindrance) {
  switch (verdict) {
    case Verdict::waiting: return timed_out(session, begun, object);
    case Verdict::reached:
    case Verdict::finished:
      if (!session.json() && !begun.quiet) {
        const std::string before = begun.done.empty() ? "" : begun.done + "; ";
        session.out() << printable(begun.name) << ": " << printable(before + success_text(verdict, begun, object))
                      << '\n'
                      << std::flush;
      }
      return ExitCode::ok;
    case Verdict::failed: {
      const std::string next = text_at(object, "/status/next_try_at");
      const std::string again =
          next.empty() ? "" : "; tried again at " + next + ", `jailctl down " + begun.name + "` ends that";
      return session.fail(begun.name, ExitCode::failed,
                          failure_text(object) + again + "; " + where_to_look(begun.name, object));
    }
    case Verdict::held_up:
      return session.fail(begun.name, ExitCode::failed,
                          "cannot start: " + hindrance.reason + (hindrance.next.empty() ? "" : "; " + hindrance.next));
    case Verdict::overtaken:
      return session.fail(begun.name, ExitCode::conflict,
                          "somebody asked for the opposite meanwhile: it shall be " + text_at(object, "/desired") +
                              "; see `jailctl status " + begun.name + "`");
  }
  std::unreachable();
}

}  // namespace jaild::client
