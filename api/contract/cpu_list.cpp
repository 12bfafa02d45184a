#include "api/contract/cpu_list.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace jaild {
namespace {

constexpr int cpu_max = 1023;  // FreeBSD's CPU_MAXSIZE is 1024

Error bad_cpu_list(std::string_view text, const std::string& why) {
  return Error{Kind::invalid, "CPU list \"" + std::string(text) + "\": " + why, 0, {}};
}

// Reads a CPU id at the front of `rest` and removes it; what is wrong otherwise.
Result<int> take_id(std::string_view& rest) {
  int id = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), id);
  if (error == std::errc::result_out_of_range || (error == std::errc{} && id > cpu_max))
    return Fail(Kind::invalid, "a CPU number is at most " + std::to_string(cpu_max));
  if (error != std::errc{} || rest.front() == '-') return Fail(Kind::invalid, "expects numbers and ranges as in 0-2,4");
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return id;
}

}  // namespace

Result<CpuList> CpuList::parse(std::string_view text) {
  if (text.empty()) return Fail(Kind::invalid, "the CPU list is empty");
  std::array<bool, cpu_max + 1> chosen{};
  std::string_view rest = text;
  for (;;) {
    const auto from = take_id(rest);
    if (!from) return Fail(bad_cpu_list(text, from.error().message));
    int last = *from;
    if (rest.starts_with('-')) {
      rest.remove_prefix(1);
      const auto to = take_id(rest);
      if (!to) return Fail(bad_cpu_list(text, to.error().message));
      if (*to < *from) return Fail(bad_cpu_list(text, "a range goes from the lower number to the higher"));
      last = *to;
    }
    std::fill(chosen.begin() + *from, chosen.begin() + last + 1, true);
    if (rest.empty()) break;
    if (!rest.starts_with(',')) return Fail(bad_cpu_list(text, "expects numbers and ranges as in 0-2,4"));
    rest.remove_prefix(1);
  }
  CpuList list;
  list.text_ = text;
  for (int id = 0; id <= cpu_max; ++id) {
    if (chosen[static_cast<std::size_t>(id)]) list.ids_.push_back(id);
  }
  return list;
}

CpuList CpuList::first(int count) {
  const int last = std::clamp(count, 1, cpu_max + 1) - 1;
  CpuList list;
  list.text_ = last == 0 ? "0" : "0-" + std::to_string(last);
  for (int id = 0; id <= last; ++id) list.ids_.push_back(id);
  return list;
}

bool CpuList::within(const CpuList& outer) const {
  return std::ranges::includes(outer.ids_, ids_);
}

}  // namespace jaild
