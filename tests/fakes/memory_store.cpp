#include "tests/fakes/memory_store.h"

#include <algorithm>
#include <set>
#include <utility>

namespace jaild::store {

// ---- calls ------------------------------------------------------------------------------------------------

Result<Snapshot> MemoryStore::load() {
  if (load_fault_) return Fail(*load_fault_, "the store was told to fail");
  Snapshot snapshot;
  for (const auto& [name, jail] : jails_) {
    snapshot.jails.push_back(jail.record);
    if (jail.run) snapshot.runs.push_back(*jail.run);
  }
  for (const auto& [id, record] : tokens_) snapshot.tokens.push_back(record);
  snapshot.meta = meta_;
  snapshot.last_event = events_.empty() ? 0 : events_.rbegin()->first;
  snapshot.last_run = last_run_;
  return snapshot;
}

void MemoryStore::commit(std::vector<Mutation> mutations, std::function<void(Result<void>)> done) {
  Result<void> fits = room();
  if (!fits) return done(std::move(fits));
  accept(CommitCall{std::move(mutations), std::move(done)});
}

void MemoryStore::history(const std::string& name, HistoryQuery query, std::function<void(Result<HistoryPage>)> done) {
  Result<void> fits = room();
  if (!fits) return done(Fail(fits.error()));
  accept(HistoryCall{name, query, std::move(done)});
}

void MemoryStore::events(EventQuery query, std::function<void(Result<std::vector<JailEvent>>)> done) {
  Result<void> fits = room();
  if (!fits) return done(Fail(fits.error()));
  accept(EventsCall{std::move(query), std::move(done)});
}

Result<void> MemoryStore::room() const {
  if (waiting_.size() < limits_.waiting) return {};
  return Fail(Kind::overloaded, std::to_string(waiting_.size()) + " calls wait for the store");
}

void MemoryStore::accept(Call call) {
  waiting_.push_back(std::move(call));
  if (held_ || answering_) return;  // an answer that calls again is not interrupted by the next
  while (!held_ && deliver()) {
  }
}

bool MemoryStore::deliver() {
  if (waiting_.empty()) return false;
  Call call = std::move(waiting_.front());
  waiting_.pop_front();
  const bool outermost = !std::exchange(answering_, true);
  answer(std::move(call));
  if (outermost) answering_ = false;
  return true;
}

void MemoryStore::release() {
  held_ = false;
  while (!held_ && deliver()) {
  }
}

void MemoryStore::keep_waiting_unanswered() {
  for (const Call& call : std::exchange(waiting_, {})) {
    if (const auto* commit = std::get_if<CommitCall>(&call)) static_cast<void>(take(commit->mutations));
  }
}

void MemoryStore::answer(Call call) {
  if (auto* commit = std::get_if<CommitCall>(&call)) return commit->done(take(commit->mutations));
  if (auto* history = std::get_if<HistoryCall>(&call))
    return history->done(page_of(versions_of(history->name), history->query));
  auto& events = std::get<EventsCall>(call);
  events.done(matching(events.query));
}

// ---- commits ----------------------------------------------------------------------------------------------

void MemoryStore::fail_commit(std::size_t nth, Kind kind) {
  faults_[attempts_ + nth] = kind;
}

std::optional<Kind> MemoryStore::armed_fault() {
  const auto fault = faults_.find(++attempts_);
  if (fault == faults_.end()) return std::nullopt;
  return faults_.extract(fault).mapped();
}

Result<void> MemoryStore::take(const std::vector<Mutation>& mutations) {
  if (const std::optional<Kind> fault = armed_fault()) return Fail(*fault, "the store was told to fail");
  if (full_) return Fail(Kind::storage_full, "the state's file system is full");
  Result<void> possible = judge(mutations);
  if (!possible) return possible;
  for (const Mutation& mutation : mutations) std::visit([this](const auto& one) { apply(one); }, mutation);
  ++commits_;
  return {};
}

// What the tables' constraints say, before anything changes: then all of `mutations` or none is easy.
Result<void> MemoryStore::judge(const std::vector<Mutation>& mutations) const {
  std::map<std::string, bool> there;  // only names that `mutations` put or erase
  std::set<std::uint64_t> new_events;
  const auto is_there = [&](const std::string& name) {
    const auto known = there.find(name);
    return known == there.end() ? jails_.contains(name) : known->second;
  };
  for (const Mutation& mutation : mutations) {
    if (const auto* put = std::get_if<PutJail>(&mutation)) {
      there[put->record.name] = true;
    } else if (const auto* erase = std::get_if<EraseJail>(&mutation)) {
      there[erase->name] = false;
    } else if (const auto* run = std::get_if<PutRun>(&mutation)) {
      if (!is_there(run->record.key.name))
        return Fail(Kind::internal, "a run of an unknown jail: " + run->record.key.name);
    } else if (const auto* event = std::get_if<AddEvent>(&mutation)) {
      if (events_.contains(event->event.id) || !new_events.insert(event->event.id).second) {
        return Fail(Kind::internal, "event " + std::to_string(event->event.id) + " is there already");
      }
    } else if (const auto* token = std::get_if<PutToken>(&mutation)) {
      if (tokens_.contains(token->record.token.id)) return Fail(Kind::internal, "the token is there already");
    }
  }
  return {};
}

void MemoryStore::apply(const PutJail& put) {
  const JailRecord& record = put.record;
  Jail& jail = jails_[record.name];
  jail.record = record;
  jail.versions.try_emplace(record.generation,
                            SpecVersion{record.generation, record.updated_at, record.by, record.spec});
  while (jail.versions.size() > limits_.versions_per_jail) jail.versions.erase(jail.versions.begin());
}

void MemoryStore::apply(const EraseJail& erase) {
  jails_.erase(erase.name);
}

void MemoryStore::apply(const PutRun& put) {
  jails_.at(put.record.key.name).run = put.record;
  last_run_ = std::max(last_run_, put.record.key.run);
}

void MemoryStore::apply(const EraseRun& erase) {
  const auto jail = jails_.find(erase.name);
  if (jail != jails_.end()) jail->second.run.reset();
}

void MemoryStore::apply(const AddEvent& add) {
  events_.emplace(add.event.id, add.event);
  while (events_.size() > limits_.events) events_.erase(events_.begin());
  const WallTime oldest = add.event.at - limits_.events_age;
  while (events_.size() > limits_.events_kept && events_.begin()->second.at < oldest) events_.erase(events_.begin());
}

void MemoryStore::apply(const PutMeta& put) {
  meta_[put.key] = put.value;
}

void MemoryStore::apply(const PutToken& put) {
  tokens_.emplace(put.record.token.id, put.record);
}

void MemoryStore::apply(const TouchToken& touch) {
  const auto found = tokens_.find(touch.id);
  if (found != tokens_.end()) found->second.token.last_used_at = touch.at;
}

void MemoryStore::apply(const EraseToken& erase) {
  tokens_.erase(erase.id);
}

// ---- questions --------------------------------------------------------------------------------------------

std::vector<SpecVersion> MemoryStore::versions_of(const std::string& name) const {
  std::vector<SpecVersion> versions;
  const auto jail = jails_.find(name);
  if (jail == jails_.end()) return versions;
  for (const auto& [generation, version] : jail->second.versions) versions.push_back(version);
  return versions;
}

std::vector<JailEvent> MemoryStore::matching(const EventQuery& query) const {
  std::vector<JailEvent> found;
  for (auto next = events_.upper_bound(query.after); next != events_.end() && found.size() < query.limit; ++next) {
    const JailEvent& event = next->second;
    if (!query.jail.empty() && event.jail != query.jail) continue;
    if (!query.type.empty() && to_string(event.type) != query.type) continue;
    found.push_back(event);
  }
  return found;
}

}  // namespace jaild::store
