#include "client/wait.h"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

#include "client/event_follower.h"
#include "client/fields.h"
#include "client/hindrance.h"
#include "client/progress.h"
#include "client/wait_report.h"

namespace jaild::client {

using nlohmann::json;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

// More jails than this are looked at with one GET /jails.
constexpr std::size_t single_looks_max = 16;
// An event is told when it is written, a little before it is on the disk and the jail's state follows; the looks after
// it come at twice the distance each, and end here. Then the next event, or the daemon's sign of life, brings a look.
constexpr milliseconds echo_min{5};
constexpr milliseconds echo_max{1'000};

std::string shown_state(const json& object) {
  return text_at(object, "/status/state");
}

// Whether `object` tells of what was begun, and not still of what was before it.
bool moved(const Begun& begun, const json& object) {
  if (begun.settled || shown_state(object) != shown_state(begun.object)) return true;
  for (const char* field : {"/status/steps", "/status/last_exit", "/status/restarts", "/status/next_try_at"}) {
    const json* now = field_at(object, field);
    const json* before = field_at(begun.object, field);
    if ((now == nullptr) != (before == nullptr) || (now != nullptr && *now != *before)) return true;
  }
  return false;
}

Verdict judge_start(const Begun& begun, const json& object) {
  if (text_at(object, "/desired") == "stopped") return Verdict::overtaken;
  const std::string state = shown_state(object);
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
  const std::string state = shown_state(object);
  return state == "stopped" || state == "failed" ? Verdict::reached : Verdict::waiting;
}

Verdict judge_end(const Begun& begun, const json& object) {
  const std::string state = shown_state(object);
  if (state == "stopped" || state == "failed" || state == "backoff") return Verdict::reached;
  const std::string before = shown_state(begun.object);
  const bool was_up = before == "running" || before == "stopping";
  const json* exit = field_at(object, "/status/last_exit");
  const json* former = field_at(begun.object, "/status/last_exit");
  const bool exited = exit != nullptr && (former == nullptr || *former != *exit);
  const bool another = was_up && incarnation_of(object) != begun.incarnation;
  return state != "stopping" && (exited || another) ? Verdict::reached : Verdict::waiting;
}

// What of a jail that is on its way is worth a line though nobody has to do anything; "" nothing.
std::string remark_on(const json& object, const Hindrance& hindrance) {
  if (hindrance.hold == Hold::passes || hindrance.hold == Hold::needs_help) return hindrance.reason;
  const std::string state = shown_state(object);
  const bool unready = state == "running" && !flag_at(object, "/status/ready");
  const bool held = state == "stopping" && field_at(object, "/status/next_try_at") != nullptr;
  return unready || held ? text_at(object, "/status/reason") : "";
}

// These come between others and end nothing.
bool tells_of_an_end(const std::string& type) {
  static const std::set<std::string> others{"jail.starting", "jail.stopping",  "jail.exec",
                                            "jail.drifted",  "jail.limit_hit", "jail.repaired"};
  return !others.contains(type);
}

// All jails of one wait. Main thread, as all of jailctl.
class Wait {
 public:
  Wait(Session& session, const std::vector<Begun>& begun, Clock::time_point deadline)
      : session_(session),
        begun_(begun),
        deadline_(deadline),
        codes_(begun.size()),
        said_(begun.size()),
        progress_(session.terminal(), begun.size()) {
    for (std::size_t at = 0; at < begun.size(); ++at) {
      objects_.push_back(begun[at].object);
      open_[begun[at].name].insert(at);
      progress_.begin(begun[at].name, begun[at].object);
    }
  }

  Waited run() {
    for (std::size_t at = 0; at < begun_.size(); ++at) take(at, begun_[at].object, nullptr);
    if (wanted()) follow();
    progress_.clear();
    for (const auto& [name, each] : open_) {
      for (const std::size_t at : each) codes_[at] = lost_;
    }
    ExitCode code = ExitCode::ok;
    for (const ExitCode each : codes_) code = first_failure(code, each);
    return {code, std::move(codes_), std::move(objects_)};
  }

 private:
  using Jails = std::map<std::string, json>;

  [[nodiscard]] bool wanted() const { return !open_.empty() && lost_ == ExitCode::ok; }

  void follow() {
    const Result<std::uint64_t> now = last_event(session_);
    if (!now) return give_up(now.error());
    look_at_all();
    FollowOptions options;
    options.after = *now;
    options.wanted = [this] { return wanted(); };
    if (progress_.lists()) options.live = [this](const json& step) { take_step(step); };
    options.wake = [this] { return wake(); };
    options.idle = [this] { idle(); };
    options.lost = [this] { look_at_all(); };
    if (!wanted()) return;
    lost_ = first_failure(lost_, follow_events(session_, options, [this](const auto& events) { take_events(events); }));
  }

  // ---- when to look

  void take_events(const std::vector<json>& events) {
    for (const json& event : events) {
      const std::string type = text_at(event, "/type");
      const std::string name = text_at(event, "/jail");
      if (name.empty()) {
        all_stale_ = true;
      } else if (!open_.contains(name)) {
        stale_.insert(blocked_.begin(), blocked_.end());  // by this one, maybe
      } else if (tells_of_an_end(type) || progress_.shown()) {
        stale_.insert(name);
      }
    }
    news();
  }

  void take_step(const json& step) {
    const std::string name = text_at(step, "/jail");
    if (!open_.contains(name)) return;
    stale_.insert(name);
    news();
  }

  // Looks at once, but never for longer than it does something else.
  void news() {
    if (stale_.empty() && !all_stale_) return;
    echo_ = echo_min;
    next_look_ = looked_ + look_took_;
    if (*next_look_ <= Clock::now()) look();
  }

  std::optional<Clock::time_point> wake() const {
    Clock::time_point when = deadline_;
    if (next_look_) when = std::min(when, *next_look_);
    if (progress_.shown()) when = std::min(when, next_draw_);
    return when;
  }

  void idle() {
    const auto now = Clock::now();
    if (now >= deadline_) return time_out();
    if (now - all_looked_ >= all_look_distance) all_stale_ = true;
    if (all_stale_ || (next_look_ && now >= *next_look_)) look();
    if (progress_.shown() && now >= next_draw_) {
      progress_.draw(now);
      next_draw_ = now + Progress::tick;
    }
  }

  // ---- looking

  void look_at_all() {
    all_stale_ = true;
    look();
  }

  void look() {
    std::set<std::string> names;
    for (const auto& [name, each] : open_) {
      if (all_stale_ || stale_.contains(name)) names.insert(name);
    }
    const auto began = Clock::now();
    if (std::exchange(all_stale_, false)) all_looked_ = began;
    if (names.size() > single_looks_max) {
      look_at_list(names);
    } else {
      look_at_each(names);
    }
    looked_ = Clock::now();
    look_took_ = looked_ - began;
    std::erase_if(stale_, [&](const auto& name) { return !open_.contains(name); });
    for (const std::string& name : names) {
      if (open_.contains(name)) stale_.insert(name);
    }
    plan_echo();
  }

  // What was looked at and is not over is looked at again soon.
  void plan_echo() {
    next_look_.reset();
    if (stale_.empty() || echo_ > echo_max) {
      stale_.clear();
      return;
    }
    next_look_ = looked_ + std::max<Clock::duration>(echo_, look_took_);
    echo_ *= 2;
  }

  void look_at_list(const std::set<std::string>& names) {
    const Result<json> list = session_.api().list();
    if (!list) return refused("", list.error());
    Jails jails;
    for (const json& object : array_at(*list, "/items")) jails[text_at(object, "/name")] = object;
    for (const std::string& name : names) {
      const auto found = jails.find(name);
      take(name, found == jails.end() ? json() : found->second, &jails);
    }
  }

  void look_at_each(const std::set<std::string>& names) {
    for (const std::string& name : names) {
      const Result<Answer> answer = session_.api().get(name);
      if (answer) {
        take(name, answer->body, nullptr);
      } else if (answer.error().kind == Kind::not_found) {
        take(name, nullptr, nullptr);
      } else {
        refused(name, answer.error());
      }
      if (!wanted()) return;
    }
  }

  // ---- what was seen

  // `all`: every jail there is; null where only this one is known.
  void take(const std::string& name, const json& object, const Jails* all) {
    const auto found = open_.find(name);
    if (found == open_.end()) return;
    for (const std::size_t at : std::set(found->second)) take(at, object, all);
  }

  void take(std::size_t at, const json& object, const Jails* all) {
    const Begun& begun = begun_[at];
    const bool looked = &object != &begun.object;
    objects_[at] = object;
    if (object.is_null() && begun.goal != Goal::gone) {
      return close(at, session_.fail(begun.name, {Kind::not_found, "it was removed meanwhile", 0, {}}));
    }
    progress_.show(begun.name, object);
    Verdict verdict = judge(begun, object);
    Hindrance hindrance;
    // The answer to the change may be older than what it brings about; a look is not.
    if (verdict == Verdict::waiting && looked) {
      hindrance = hindrance_now(begun, object, all);
      if (hindrance.hold == Hold::needs_help && !tried_anew(begun, object)) hindrance.hold = Hold::passes;
      if (hindrance.hold == Hold::needs_help) verdict = Verdict::held_up;
      if (verdict == Verdict::waiting) return remark(at, remark_on(object, hindrance));
    }
    if (verdict == Verdict::waiting) return;
    progress_.clear();
    close(at, report(session_, verdict, begun, object, hindrance));
  }

  Hindrance hindrance_now(const Begun& begun, const json& object, const Jails* all) {
    const bool start = begun.goal == Goal::running || begun.goal == Goal::restarted;
    const bool blocked = start && shown_state(object) == "blocked";
    if (blocked) blocked_.insert(begun.name);
    if (!blocked) blocked_.erase(begun.name);
    if (!blocked) return {};
    return hindrance_of(object, [this, all](const std::string& name) -> json {
      if (all != nullptr) {
        const auto found = all->find(name);
        return found == all->end() ? json() : found->second;
      }
      const Result<Answer> answer = session_.api().get(name);
      if (answer) return answer->body;
      // What cannot be looked at is nothing to judge by: as if it were on its way.
      return answer.error().kind == Kind::not_found ? json() : json{{"name", name}};
    });
  }

  // Whether what is missing was looked for since the change, and not only before it.
  static bool tried_anew(const Begun& begun, const json& object) {
    return field_at(object, "/status/next_try_at") == nullptr || moved(begun, object);
  }

  void remark(std::size_t at, const std::string& text) {
    const bool worth = !text.empty() && begun_.size() <= Progress::listed_max && said_[at].size() < remarks_max;
    if (!worth || !said_[at].insert(text).second) return;
    if (progress_.lists()) return progress_.say(begun_[at].name, text);
    session_.warn(begun_[at].name, text);
  }

  void close(std::size_t at, ExitCode code) {
    const std::string& name = begun_[at].name;
    codes_[at] = code;
    std::set<std::size_t>& same = open_[name];
    same.erase(at);
    if (!same.empty()) return;
    open_.erase(name);
    blocked_.erase(name);
    progress_.end(name);
  }

  void time_out() {
    progress_.clear();
    for (const auto& [name, each] : std::map(open_)) {
      for (const std::size_t at : each) close(at, report(session_, Verdict::waiting, begun_[at], objects_[at], {}));
    }
  }

  // Of a look. One that is refused because of too many at once is made again.
  void refused(const std::string& name, const Error& error) {
    if (error.kind == Kind::overloaded) return;
    if (name.empty() || hopeless(exit_code(error.kind))) return give_up(error);
    progress_.clear();
    const ExitCode code = session_.fail(name, error);
    for (const std::size_t at : std::set(open_[name])) close(at, code);
  }

  void give_up(const Error& error) {
    progress_.clear();
    lost_ = session_.fail(open_.begin()->first, error);
  }

  // The signs of life come every 15 s; on a terminal, where it wakes each second, a look at all comes as often.
  static constexpr std::chrono::seconds all_look_distance{10};
  static constexpr std::size_t remarks_max = 8;  // of one jail

  Session& session_;
  const std::vector<Begun>& begun_;
  Clock::time_point deadline_;
  std::vector<json> objects_;
  std::vector<ExitCode> codes_;
  std::vector<std::set<std::string>> said_;
  Progress progress_;
  ExitCode lost_ = ExitCode::ok;                       // why nothing more can be learned
  std::map<std::string, std::set<std::size_t>> open_;  // a name may be given twice
  std::set<std::string> blocked_;                      // of them
  std::set<std::string> stale_;                        // to be looked at at next_look_
  bool all_stale_ = false;
  milliseconds echo_ = echo_min;
  std::optional<Clock::time_point> next_look_;
  Clock::time_point looked_{};  // the end of the last look
  Clock::duration look_took_{};
  Clock::time_point all_looked_{};
  Clock::time_point next_draw_ = Clock::now() + Progress::tick;
};

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
    case Goal::ended: return judge_end(begun, object);
  }
  std::unreachable();
}

Waited wait_for(Session& session, const std::vector<Begun>& begun, Clock::time_point deadline) {
  return Wait(session, begun, deadline).run();
}

}  // namespace jaild::client
