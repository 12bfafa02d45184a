// From what happened to numbered events: a number is durable before anybody hears it, and never given again.
#include <algorithm>
#include <utility>

#include "daemon/core/deliberate_fault.h"
#include "daemon/core/supervisor.h"

namespace jaild::core {

JailEvent Supervisor::make_event(EventType type, const std::string& jail, std::string message,
                                 std::map<std::string, std::string> data) const {
  std::erase_if(data, [](const auto& each) { return each.second.empty(); });
  return {0, now_.wall, type, jail, std::move(message), std::move(data)};
}

void Supervisor::publish(EventType type, const std::string& jail, std::string message,
                         std::map<std::string, std::string> data) {
  auto event = make_event(type, jail, std::move(message), std::move(data));
  ++event_counts_[std::string(to_string(event.type))];
  actions_.emplace_back(Notify{event});
  if (breaks(DeliberateFault::event_told_early)) {
    event.id = ++last_number_;
    actions_.emplace_back(Publish{event});
  }
  unsaved_events_.push_back(std::move(event));
  if (unsaved_events_.size() > unsaved_events_max) unsaved_events_.erase(unsaved_events_.begin());
  if (!events_due_ && !breaks(DeliberateFault::events_unsaved)) events_due_ = now_.mono + events_wait;
}

// What waits goes with this commit, and gets its numbers now: commits are carried out in the order in which they are
// asked for.
void Supervisor::number_events(CommitId id, std::vector<Mutation>& mutations, std::vector<JailEvent> told) {
  events_due_.reset();
  EventsUnderWay under_way{std::exchange(unsaved_events_, {}), 0};
  under_way.facts = under_way.events.size();
  for (auto& event : told) under_way.events.push_back(std::move(event));
  if (under_way.events.empty()) return;
  for (auto& event : under_way.events) {
    event.id = ++last_number_;
    mutations.emplace_back(AddEvent{event});
  }
  events_under_way_.emplace(id, std::move(under_way));
}

void Supervisor::conclude_events(CommitId id, bool durable) {
  const auto found = events_under_way_.find(id);
  if (found == events_under_way_.end()) return;
  auto [events, facts] = std::move(found->second);
  events_under_way_.erase(found);
  if (!durable) {
    events.resize(facts);
    keep_for_later(std::move(events));
    // Nobody heard these numbers. With others on their way behind them a gap stays.
    if (events_under_way_.empty()) last_number_ = to_tell_.empty() ? last_event_ : to_tell_.back().event.id;
    return;
  }
  for (std::size_t i = 0; i < events.size(); ++i) to_tell_.push_back({std::move(events[i]), i < facts});
}

// A set of thousands has as many events and objects in its answer. They are told in pieces, events in their order; what
// else is asked for meanwhile waits until they are (must_wait()), so that nobody hears of an end after a new beginning.
void Supervisor::tell() {
  constexpr std::size_t piece = 128;  // a log line and an object take some 10 us each
  std::size_t room = piece;
  for (; room > 0 && !to_tell_.empty(); --room) {
    auto [event, known] = std::move(to_tell_.front());
    to_tell_.pop_front();
    last_event_ = event.id;
    if (!known) {
      ++event_counts_[std::string(to_string(event.type))];
      JailEvent unnumbered = event;
      unnumbered.id = 0;
      actions_.emplace_back(Notify{std::move(unnumbered)});
    }
    actions_.emplace_back(Publish{std::move(event)});
  }
  while (room > 0 && !answers_.empty()) {
    room -= add_objects(answers_.front(), room);
    if (!answers_.front().names.empty()) continue;
    actions_.emplace_back(Answer{answers_.front().ticket, std::move(answers_.front().reply)});
    answers_.pop_front();
  }
  if (has_more() && !std::exchange(goes_on_, true)) actions_.emplace_back(GoOn{});
}

// How many were added, or looked for.
std::size_t Supervisor::add_objects(PendingAnswer& answer, std::size_t most) const {
  std::size_t added = 0;
  for (; added < most && !answer.names.empty(); ++added) {
    if (const auto* jail = find(answer.names.front())) answer.reply.objects.push_back(jail->object());
    answer.names.pop_front();
  }
  return std::max<std::size_t>(added, 1);
}

void Supervisor::take(GoneOn) {
  goes_on_ = false;
  if (!prepared_.empty()) {
    auto [pending, mutations] = std::move(prepared_.front());
    prepared_.pop_front();
    commit_plan(std::move(pending), std::move(mutations));
  } else if (!installing_.empty()) {
    install_piece();
  }
  tell();
  if (!goes_on_) go_on_with_waiting();
}

// The disk refused them: they are told later, in the order in which they happened.
void Supervisor::keep_for_later(std::vector<JailEvent> facts) {
  if (facts.empty()) return;
  const auto after = std::ranges::find_if(
      unsaved_events_, [&](const JailEvent& each) { return each.id == 0 || each.id > facts.back().id; });
  unsaved_events_.insert(after, std::make_move_iterator(facts.begin()), std::make_move_iterator(facts.end()));
  if (unsaved_events_.size() > unsaved_events_max) {
    const auto excess = unsaved_events_.size() - unsaved_events_max;
    unsaved_events_.erase(unsaved_events_.begin(), unsaved_events_.begin() + static_cast<std::ptrdiff_t>(excess));
  }
  events_due_ = now_.mono + events_retry;
}

void Supervisor::save_events() {
  events_due_.reset();
  if (!unsaved_events_.empty()) commit_as("", {});
}

}  // namespace jaild::core
