#include "daemon/core/outlook.h"

#include <algorithm>

#include "daemon/core/start_order.h"

namespace jaild::core {

namespace {

constexpr std::size_t loops_told_max = 20;  // who has more of them has read the first few

}  // namespace

void Outlook::put(JailRecord record) {
  const auto before = changed_.find(record.name);
  if (before != changed_.end() && before->second) changed_index_.remove(record.name, before->second->spec);
  changed_index_.add(record.name, record.spec);
  changed_.insert_or_assign(record.name, std::move(record));
}

void Outlook::take_out(const std::string& name) {
  changed_.insert_or_assign(name, std::nullopt);
}

const JailRecord* Outlook::find(const std::string& name) const {
  const auto changed = changed_.find(name);
  if (changed == changed_.end()) return present_(name);
  return changed->second ? &*changed->second : nullptr;
}

std::vector<std::string> Outlook::dependencies_of(const std::string& name) const {
  const auto* record = find(name);
  return record == nullptr ? std::vector<std::string>{} : core::dependencies_of(name, record->spec);
}

std::vector<std::string> Outlook::dependants_of(const std::string& name) const {
  auto names = index_.dependants_of(name);
  std::erase_if(names, [this](const std::string& each) { return changed_.contains(each); });
  const auto changed = changed_index_.dependants_of(name);
  names.insert(names.end(), changed.begin(), changed.end());
  return names;
}

std::vector<const JailRecord*> Outlook::in_start_order() const {
  std::vector<std::string> names;
  for (const auto& [name, record] : changed_) {
    if (record) names.push_back(name);
  }
  const auto order = core::in_start_order(
      names, [this](const std::string& name) { return dependencies_of(name); },
      [this](const std::string& name) {
        const auto* record = find(name);
        return record == nullptr ? 0 : record->spec.priority;
      });
  std::vector<const JailRecord*> records;
  for (const auto& name : order) {
    const auto changed = changed_.find(name);
    if (changed != changed_.end() && changed->second) records.push_back(&*changed->second);
  }
  return records;
}

std::vector<FieldError> Outlook::mistakes(const std::string& name) const {
  std::vector<FieldError> mistakes;
  const JailSpec& spec = find(name)->spec;
  const auto depend = spec.list("depend");
  for (std::size_t i = 0; i < depend.size(); ++i) {
    if (depend[i] == name || find(depend[i]) != nullptr) continue;
    mistakes.push_back({"/spec/params/depend/" + std::to_string(i), "no jail is called " + depend[i]});
  }
  if (const auto parent = parent_name(name); !parent.empty() && find(parent) == nullptr) {
    mistakes.push_back({"/name", name + " is a child of " + parent + ", which does not exist"});
  }
  for (const bool v6 : {false, true}) {
    const auto addresses = shared_addresses(spec, v6);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const auto* other = other_user(name, addresses[i], addresses.size() == 1);
      if (other == nullptr) continue;
      mistakes.push_back({std::string("/spec/params/") + (v6 ? "ip6.addr/" : "ip4.addr/") + std::to_string(i),
                          addresses[i] + " belongs to jail " + *other});
    }
  }
  return mistakes;
}

// Who else would have the address in a way that the kernel refuses: two jails may share one only where each has no
// other one of that family. `alone`: so has `name`.
const std::string* Outlook::other_user(const std::string& name, const std::string& address, bool alone) const {
  for (const bool other_alone : {false, true}) {
    if (alone && other_alone) continue;
    for (const auto& other : index_.users_of(address, other_alone)) {
      if (other != name && !changed_.contains(other)) return &other;
    }
    for (const auto& other : changed_index_.users_of(address, other_alone)) {
      if (other != name) return &other;
    }
  }
  return nullptr;
}

std::vector<std::vector<std::string>> Outlook::loops(const std::vector<std::string>& names) const {
  return find_loops(names, [this](const std::string& each) { return dependencies_of(each); }, loops_told_max);
}

FieldError loop_mistake(const std::vector<std::string>& loop) {
  std::string text;
  for (const auto& each : loop) text += (text.empty() ? "" : " -> ") + each;
  return {"/spec/params/depend", "the dependencies form a loop: " + text};
}

}  // namespace jaild::core
