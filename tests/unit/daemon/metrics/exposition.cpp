#include "tests/unit/daemon/metrics/exposition.h"

#include <cstdlib>
#include <regex>
#include <sstream>

namespace jaild::metrics {
namespace {

// The family that a sample's name belongs to.
std::string family_of(const std::string& name, const Exposition& exposition) {
  if (exposition.types.contains(name)) return name;
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const auto family = name.substr(0, name.size() - suffix.size());
    const auto type = exposition.types.find(family);
    if (type != exposition.types.end() && type->second == "histogram") return family;
  }
  return {};
}

void read_sample(const std::string& line, const std::string& present, Exposition& exposition) {
  static const std::regex shape(
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? (\S+))re");
  std::smatch parts;
  if (!std::regex_match(line, parts, shape)) {
    exposition.faults.push_back("no sample: " + line);
    return;
  }
  const auto family = family_of(parts[1], exposition);
  if (family.empty()) exposition.faults.push_back("without TYPE: " + line);
  if (family != present) exposition.faults.push_back("outside its family: " + line);
  const std::string number = parts[3];
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0') exposition.faults.push_back("no number: " + line);
  const auto series = parts[1].str() + parts[2].str();
  if (!exposition.samples.emplace(series, value).second) exposition.faults.push_back("twice: " + series);
}

}  // namespace

Exposition read_exposition(const std::string& text) {
  Exposition exposition;
  if (!text.ends_with('\n')) exposition.faults.emplace_back("the last line has no end");
  std::istringstream lines(text);
  std::string line;
  std::string helped;
  std::string present;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string hash;
    std::string kind;
    std::string name;
    if (!line.starts_with("#")) {
      read_sample(line, present, exposition);
    } else if (words >> hash >> kind >> name; kind == "HELP") {
      std::string help;
      std::getline(words, help);
      if (help.size() < 2) exposition.faults.push_back("empty help: " + line);
      helped = name;
    } else if (kind == "TYPE") {
      std::string type;
      words >> type;
      if (helped != name) exposition.faults.push_back("TYPE without HELP: " + line);
      if (!exposition.types.emplace(name, type).second) exposition.faults.push_back("twice: " + line);
      present = name;
    } else {
      exposition.faults.push_back("neither HELP nor TYPE: " + line);
    }
  }
  return exposition;
}

}  // namespace jaild::metrics
