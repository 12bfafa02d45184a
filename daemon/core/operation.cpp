#include "daemon/core/operation.h"

namespace jaild::core {
namespace {

struct Name {
  std::string_view operator()(const Resolve&) const { return "resolve"; }
  std::string_view operator()(const OpenMonitor&) const { return "open_monitor"; }
  std::string_view operator()(const CloseMonitor&) const { return "close_monitor"; }
  std::string_view operator()(const Acquire&) const { return "acquire"; }
  std::string_view operator()(const Release&) const { return "release"; }
  std::string_view operator()(const Create&) const { return "create"; }
  std::string_view operator()(const Remove&) const { return "remove"; }
  std::string_view operator()(const SetRules&) const { return "rctl"; }
  std::string_view operator()(const SetCpuset&) const { return "cpuset"; }
  std::string_view operator()(const SetParams&) const { return "set"; }
  std::string_view operator()(const Run&) const { return "hook"; }
  std::string_view operator()(const Cancel&) const { return "cancel"; }
  std::string_view operator()(const StartMain&) const { return "command"; }
  std::string_view operator()(const Terminate&) const { return "terminate"; }
};

struct Jail {
  const std::string& operator()(const Resolve& what) const { return what.name; }
  template <class What>
  const std::string& operator()(const What& what) const {
    return what.key.name;
  }
};

}  // namespace

const std::string& jail_of(const Op& op) {
  return std::visit(Jail{}, op.what);
}

std::string_view operation_name(const Op& op) {
  return std::visit(Name{}, op.what);
}

}  // namespace jaild::core
