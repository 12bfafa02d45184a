// A scrape read back by the rules of the text format 0.0.4, strictly: what breaks one of them is a fault.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace jaild::metrics {

struct Exposition {
  std::map<std::string, std::string> types;  // family -> "counter", "gauge", "histogram"
  std::map<std::string, double> samples;     // name with its labels, as written
  std::vector<std::string> faults;

  [[nodiscard]] bool has(const std::string& series) const { return samples.contains(series); }
  [[nodiscard]] double at(const std::string& series) const { return samples.at(series); }
};

Exposition read_exposition(const std::string& text);

}  // namespace jaild::metrics
