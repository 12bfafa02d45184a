// Records to fill a store with, and ways to wait for its answers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace jaild::store::samples {

// Every field differs from its default. Times are whole milliseconds, which is what a LastExit keeps.
JailSpec full_spec();
LastExit exit_of(int code);
JailRecord full_jail(const std::string& name, std::uint64_t generation = 1);
RunRecord full_run(const std::string& name, std::uint64_t run);

JailRecord plain_jail(const std::string& name, std::uint64_t generation = 1);
JailEvent event(std::uint64_t id, const std::string& jail = "www1", EventType type = EventType::jail_started);

// Each calls the store and waits for the answer, at most 60 s: then Kind::timeout.
Result<void> commit(Store& store, std::vector<Mutation> mutations);
Result<HistoryPage> history(Store& store, const std::string& name, const HistoryQuery& query = {});
Result<std::vector<JailEvent>> events(Store& store, const EventQuery& query);

std::vector<std::uint64_t> ids(const std::vector<JailEvent>& events);

}  // namespace jaild::store::samples
