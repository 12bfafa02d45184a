#include "client/wait.h"

#include <algorithm>
#include <ostream>
#include <thread>

#include "client/fields.h"
#include "client/jail_view.h"
#include "client/output.h"

namespace jaild::client {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

// Between two looks: soon after something moved, then ever slower. A start of a small jail takes about 20 ms, and five
// looks a second are no load for a daemon that answers tens of thousands.
constexpr std::chrono::milliseconds pause_min{20};
constexpr std::chrono::milliseconds pause_max{200};

std::string state_of(const json& object) {
  return text_at(object, "/status/state");
}

// Whether `object` tells of what was begun, and not still of what was before it.
bool moved(const Begun& begun, const json& object) {
  if (begun.settled || state_of(object) != state_of(begun.object)) return true;
  for (const char* field : {"/status/steps", "/status/last_exit", "/status/restarts", "/status/next_try_at"}) {
    const json* now = field_at(object, field);
    const json* before = field_at(begun.object, field);
    if ((now == nullptr) != (before == nullptr) || (now != nullptr && *now != *before)) return true;
  }
  return false;
}

Verdict judge_start(const Begun& begun, const json& object) {
  if (text_at(object, "/desired") == "stopped") return Verdict::overtaken;
  const std::string state = state_of(object);
  if (state == "running") {
    const bool another = begun.goal == Goal::running || incarnation_of(object) != begun.incarnation;
    return another && flag_at(object, "/status/ready") ? Verdict::reached : Verdict::waiting;
  }
  if (!moved(begun, object)) return Verdict::waiting;
  if (state == "stopped") return Verdict::finished;
  return state == "failed" || state == "backoff" ? Verdict::failed : Verdict::waiting;
}

Verdict judge_stop(const json& object) {
  if (text_at(object, "/desired") == "running") return Verdict::overtaken;
  const std::string state = state_of(object);
  return state == "stopped" || state == "failed" ? Verdict::reached : Verdict::waiting;
}

// Shows each step once. status.steps is that of the last start or stop: a list that does not continue the one before
// belongs to a new start or stop.
class Progress {
 public:
  Progress(Terminal& terminal, const Begun& begun) : terminal_(terminal), name_(begun.name) {
    const std::string state = state_of(begun.object);
    if (state != "starting" && state != "stopping") seen_ = array_at(begun.object, "/status/steps");
  }

  // Says whether there was anything new. Prints only on a terminal.
  bool show(const json& object) {
    json steps = array_at(object, "/status/steps");
    if (!steps.empty() && flag_at(steps.back(), "/running")) steps.erase(steps.size() - 1);  // shown when it is over
    const bool continued = steps.size() >= seen_.size() && std::equal(seen_.begin(), seen_.end(), steps.begin());
    const std::size_t first = continued ? seen_.size() : 0;
    const bool news = steps.size() > first;
    for (std::size_t at = first; at < steps.size(); ++at) {
      if (!terminal_.err_tty) break;
      heading();
      print_step(terminal_.err, steps[at], terminal_.err_style());
    }
    seen_ = steps;
    show_reason(object);
    terminal_.err << std::flush;
    return news;
  }

 private:
  void show_reason(const json& object) {
    const std::string reason = state_of(object) == "blocked" ? text_at(object, "/status/reason") : "";
    if (terminal_.err_tty && !reason.empty() && reason != reason_) {
      heading();
      terminal_.err << "  waits: " << printable(reason) << '\n';
    }
    reason_ = reason;
  }

  void heading() {
    if (!headed_) terminal_.err << painted(printable(name_), Colour::bold, terminal_.err_style()) << '\n';
    headed_ = true;
  }

  Terminal& terminal_;
  std::string name_;
  std::string reason_;
  json seen_ = json::array();
  bool headed_ = false;
};

// "did not start: REASON; failed at exec.start (/bin/sh /etc/rc): exited with 1".
std::string failure_text(const json& object) {
  std::string text = "did not start";
  if (const std::string reason = text_at(object, "/status/reason"); !reason.empty()) text += ": " + reason;
  const json& steps = array_at(object, "/status/steps");
  for (const json& step : steps) {
    if (flag_at(step, "/ok", true)) continue;
    text += "; failed at " + text_at(step, "/step");
    if (const std::string command = text_at(step, "/command"); !command.empty()) text += " (" + command + ")";
    if (const std::string error = text_at(step, "/error"); !error.empty()) text += ": " + error;
    break;
  }
  return text;
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

ExitCode report(Session& session, Verdict verdict, const Begun& begun, const json& object) {
  const std::string look = "`jailctl status " + begun.name + "`";
  switch (verdict) {
    case Verdict::waiting: {
      const std::string reason = text_at(object, "/status/reason");
      const std::string state = object.is_null() ? "not there" : state_of(object);
      const bool unready = state == "running" && begun.goal == Goal::running;
      return session.fail(begun.name, ExitCode::timed_out,
                          "timed out, it is still " + state + (unready ? " and not ready" : "") +
                              (reason.empty() ? "" : ": " + reason) + "; jaild goes on, see " + look);
    }
    case Verdict::reached:
    case Verdict::finished:
      if (!session.json()) {
        session.out() << printable(begun.name) << ": " << printable(success_text(verdict, begun, object)) << '\n'
                      << std::flush;
      }
      return ExitCode::ok;
    case Verdict::failed: {
      const std::string next = text_at(object, "/status/next_try_at");
      const std::string again =
          next.empty() ? "" : "; tried again at " + next + ", `jailctl down " + begun.name + "` ends that";
      return session.fail(begun.name, ExitCode::failed,
                          failure_text(object) + again + "; " + look + " shows every step");
    }
    case Verdict::overtaken:
      return session.fail(
          begun.name, ExitCode::conflict,
          "somebody asked for the opposite meanwhile: it shall be " + text_at(object, "/desired") + "; see " + look);
  }
  std::unreachable();
}

}  // namespace

std::string incarnation_of(const json& object) {
  const auto jid = number_at(object, "/status/jid");
  return (jid ? std::to_string(*jid) : "") + "@" + text_at(object, "/status/started_at");
}

Verdict judge(const Begun& begun, const json& object) {
  if (object.is_null()) return begun.goal == Goal::gone ? Verdict::reached : Verdict::waiting;
  switch (begun.goal) {
    case Goal::running:
    case Goal::restarted: return judge_start(begun, object);
    case Goal::stopped: return judge_stop(object);
    case Goal::gone: return Verdict::waiting;
  }
  std::unreachable();
}

Waited wait_for(Session& session, const Begun& begun, Clock::time_point deadline) {
  Progress progress(session.terminal(), begun);
  std::chrono::milliseconds pause = pause_min;
  json object = begun.object;
  while (true) {
    const bool news = progress.show(object);
    const Verdict verdict = judge(begun, object);
    if (verdict != Verdict::waiting || Clock::now() >= deadline) {
      return {report(session, verdict, begun, object), object};
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pause = news ? pause_min : std::min(pause * 2, pause_max);
    std::this_thread::sleep_for(std::clamp(left, std::chrono::milliseconds(0), pause));
    const Result<Answer> answer = session.api().get(begun.name);
    if (answer) {
      object = answer->body;
    } else if (begun.goal == Goal::gone && answer.error().kind == Kind::not_found) {
      object = nullptr;
    } else {
      return {session.fail(begun.name, answer.error()), object};
    }
  }
}

}  // namespace jaild::client
