#include "daemon/host/sim/make_sim_host.h"

#include <random>

#include "daemon/host/sim/sim_host.h"
#include "daemon/host/sim/wall_timeline.h"

namespace jaild::host::sim {
namespace {

std::string random_boot_id() {
  std::random_device random;
  return "sim-" + std::to_string(random()) + "-" + std::to_string(random());
}

}  // namespace

std::unique_ptr<Host> make_sim_host(SimOptions options) {
  KernelOptions kernel;
  kernel.cpus = options.cpus;
  kernel.racct = options.racct;
  kernel.everything_exists = true;
  kernel.boot_id = options.boot_id.empty() ? random_boot_id() : std::move(options.boot_id);
  auto timeline = std::make_shared<WallTimeline>();
  auto machine = std::make_shared<SimKernel>(*timeline, std::move(kernel));
  return std::make_unique<SimHost>(std::move(timeline), std::move(machine), nullptr);
}

}  // namespace jaild::host::sim
