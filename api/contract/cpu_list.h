// A set of CPUs as cpuset(1) takes it after -l: "0-2,4".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/contract/result.h"

namespace jaild {

// CPU ids 0..1023 (FreeBSD's CPU_MAXSIZE is 1024); the text is kept so that what was written is printed back unchanged.
class CpuList {
 public:
  // Kind::invalid with what is wrong: empty, not a number, a range backwards, an id above 1023.
  static Result<CpuList> parse(std::string_view text);
  static CpuList first(int count);  // 0 .. count-1; count at least 1

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<int>& ids() const { return ids_; }  // ascending, no doubles, never empty
  [[nodiscard]] bool within(const CpuList& outer) const;
  bool operator==(const CpuList& other) const { return ids_ == other.ids_; }

 private:
  std::string text_;
  std::vector<int> ids_;
};

}  // namespace jaild
