// The jail parameters that the running kernel knows, asked of the kernel itself (security.jail.param), so that those of
// a newer one work without a new release of ours.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/contract/result.h"

namespace jaild::host {

// How a value crosses jail_set(2) and jail_get(2).
enum class ParamForm { boolean, integer, long_integer, text, jailsys, ip4_list, ip6_list };

struct KernelParam {
  std::string name;
  ParamForm form = ParamForm::integer;
  std::size_t size = 0;  // bytes of the value; of texts the most, with the NUL; of lists one element
  bool read_only = false;
  bool keyed = false;  // a text of lines KEY=VALUE: each KEY is a parameter NAME.KEY too
};

// Constant after discover(); any thread.
class ParamCatalog {
 public:
  static Result<ParamCatalog> discover();

  // Also meta.KEY and env.KEY, where the kernel has meta and env.
  [[nodiscard]] std::optional<KernelParam> find(std::string_view name) const;
  // Also those that came with a module since.
  [[nodiscard]] std::optional<KernelParam> find_now(std::string_view name) const;
  // The same after the module of the parameter was loaded, as libjail does. May block.
  [[nodiscard]] std::optional<KernelParam> find_or_load(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, KernelParam, std::less<>>& all() const { return params_; }
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<std::string, KernelParam, std::less<>> params_;
};

// The names of the files that the kernel consists of now, itself the first.
[[nodiscard]] std::vector<std::string> loaded_modules();

// The kernel module that has this parameter, if it is one of those that libjail loads; "" otherwise.
[[nodiscard]] std::string module_of_param(std::string_view name);

}  // namespace jaild::host
