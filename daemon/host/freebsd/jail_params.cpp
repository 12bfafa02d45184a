#include "daemon/host/freebsd/jail_params.h"

#include <sys/types.h>  // before the others, which use its types

#include <netinet/in.h>
#include <sys/linker.h>
#include <sys/sysctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "daemon/host/freebsd/os_error.h"

namespace jaild::host {
namespace {

constexpr std::string_view root = "security.jail.param";
constexpr std::size_t nodes_max = 4096;  // a walk that never ends would be a defect of the kernel's

// The first numbers of the meta nodes of sysctl (sys/sysctl.h, CTL_SYSCTL_*): they describe the tree itself.
enum Meta : int { meta_name = 1, meta_next = 2, meta_oid = 3, meta_format = 4 };

using Oid = std::vector<int>;

Oid meta(Meta what, const Oid& oid) {
  Oid query{0, what};
  query.insert(query.end(), oid.begin(), oid.end());
  return query;
}

std::optional<Oid> oid_of(std::string_view name) {
  Oid oid(CTL_MAXNAME);
  std::size_t size = oid.size() * sizeof(int);
  const Oid query = meta(meta_oid, {});
  if (::sysctl(query.data(), 2, oid.data(), &size, name.data(), name.size()) != 0) return std::nullopt;
  oid.resize(size / sizeof(int));
  return oid;
}

std::optional<Oid> next_of(const Oid& oid) {
  Oid next(CTL_MAXNAME);
  std::size_t size = next.size() * sizeof(int);
  const Oid query = meta(meta_next, oid);
  if (::sysctl(query.data(), static_cast<unsigned>(query.size()), next.data(), &size, nullptr, 0) != 0) {
    return std::nullopt;
  }
  next.resize(size / sizeof(int));
  return next;
}

std::string name_of(const Oid& oid) {
  std::array<char, 1024> name{};
  std::size_t size = name.size() - 1;
  const Oid query = meta(meta_name, oid);
  if (::sysctl(query.data(), static_cast<unsigned>(query.size()), name.data(), &size, nullptr, 0) != 0) return {};
  return name.data();
}

struct Format {
  unsigned kind = 0;
  std::string text;
};

std::optional<Format> format_of(const Oid& oid) {
  std::array<char, 256> buffer{};
  std::size_t size = buffer.size() - 1;
  const Oid query = meta(meta_format, oid);
  if (::sysctl(query.data(), static_cast<unsigned>(query.size()), buffer.data(), &size, nullptr, 0) != 0) {
    return std::nullopt;
  }
  Format format;
  if (size < sizeof format.kind) return std::nullopt;
  std::memcpy(&format.kind, buffer.data(), sizeof format.kind);
  format.text = buffer.data() + sizeof format.kind;
  return format;
}

// A text parameter's node holds its greatest size as decimal text.
std::size_t text_size(const Oid& oid) {
  std::array<char, 64> digits{};
  std::size_t size = digits.size() - 1;
  std::size_t most = 0;
  if (::sysctl(oid.data(), static_cast<unsigned>(oid.size()), digits.data(), &size, nullptr, 0) != 0) return 0;
  std::from_chars(digits.data(), digits.data() + std::strlen(digits.data()), most);
  return most;
}

// nullopt: a form that we cannot carry.
std::optional<KernelParam> describe(const Oid& oid, const Format& format) {
  constexpr std::size_t text_max = 64 * 1024;  // of all values of one call (sys/mount.h, VFS_MOUNTARG_SIZE_MAX)
  KernelParam param;
  param.read_only = (format.kind & CTLFLAG_WR) == 0 && (format.kind & CTLFLAG_TUN) == 0;
  param.size = sizeof(int);
  const unsigned type = format.kind & CTLTYPE;
  if (format.text == "B") {
    param.form = ParamForm::boolean;
  } else if (format.text == "E,jailsys") {
    param.form = ParamForm::jailsys;
  } else if (format.text == "S,in_addr,a") {
    param.form = ParamForm::ip4_list;
    param.size = sizeof(in_addr);
  } else if (format.text == "S,in6_addr,a") {
    param.form = ParamForm::ip6_list;
    param.size = sizeof(in6_addr);
  } else if (type == CTLTYPE_STRING) {
    param.form = ParamForm::text;
    param.size = std::min(text_size(oid), text_max);
    if (param.size == 0) return std::nullopt;
    param.keyed = format.text == "A,keyvalue";
  } else if (type == CTLTYPE_INT || type == CTLTYPE_UINT) {
    param.form = ParamForm::integer;
  } else if (type == CTLTYPE_LONG || type == CTLTYPE_ULONG || type == CTLTYPE_S64 || type == CTLTYPE_U64) {
    static_assert(sizeof(long) == sizeof(std::int64_t));
    param.form = ParamForm::long_integer;
    param.size = sizeof(long);
  } else {
    return std::nullopt;
  }
  return param;
}

}  // namespace

Result<ParamCatalog> ParamCatalog::discover() {
  ParamCatalog catalog;
  auto oid = oid_of(root);
  if (!oid) return Fail(os_error(std::string(root), errno));
  for (std::size_t i = 0; i < nodes_max; ++i) {
    oid = next_of(*oid);
    if (!oid) break;
    std::string name = name_of(*oid);
    if (!name.starts_with(root) || name.size() <= root.size() + 1) break;
    name.erase(0, root.size() + 1);
    // A node that is a parameter itself has a leaf without a name.
    if (name.ends_with('.')) name.pop_back();
    const auto format = format_of(*oid);
    if (!format || (format->kind & CTLTYPE) == CTLTYPE_NODE) continue;
    if (auto param = describe(*oid, *format)) {
      param->name = name;
      catalog.params_.insert_or_assign(std::move(name), std::move(*param));
    }
  }
  return catalog;
}

std::optional<KernelParam> ParamCatalog::find(std::string_view name) const {
  if (const auto known = params_.find(name); known != params_.end()) return known->second;
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos && dot + 1 < name.size()) {
    const auto whole = params_.find(name.substr(0, dot));
    if (whole != params_.end() && whole->second.keyed) {
      KernelParam param = whole->second;
      param.name = name;
      return param;
    }
  }
  return std::nullopt;
}

// Not asked of by its name alone: of a node that is a parameter itself the tree has to be walked for the leaf.
std::optional<KernelParam> ParamCatalog::find_now(std::string_view name) const {
  auto known = find(name);
  if (known) return known;
  const auto now = discover();
  return now ? now->find(name) : std::nullopt;
}

std::optional<KernelParam> ParamCatalog::find_or_load(std::string_view name) const {
  auto known = find_now(name);
  const std::string module = module_of_param(name);
  if (known || module.empty() || ::kldload(module.c_str()) < 0) return known;
  return find_now(name);
}

std::vector<std::string> ParamCatalog::names() const {
  std::vector<std::string> names;
  names.reserve(params_.size());
  for (const auto& [name, param] : params_) names.push_back(name);
  return names;
}

std::vector<std::string> loaded_modules() {
  constexpr std::size_t modules_max = 4096;  // a walk that never ends would be a defect of the kernel's
  std::vector<std::string> modules;
  for (int id = ::kldnext(0); id > 0 && modules.size() < modules_max; id = ::kldnext(id)) {
    kld_file_stat status{};
    status.version = sizeof status;
    if (::kldstat(id, &status) == 0) modules.emplace_back(status.name);
  }
  return modules;
}

std::string module_of_param(std::string_view name) {
  constexpr std::string_view file_systems = "allow.mount.";
  if (name == "linux" || name.starts_with("linux.")) return "linux";
  if (name == "sysvmsg" || name == "sysvsem" || name == "sysvshm") return std::string(name);
  if (name.starts_with(file_systems) && name.find('/') == std::string_view::npos) {
    return std::string(name.substr(file_systems.size()));
  }
  return {};
}

}  // namespace jaild::host
