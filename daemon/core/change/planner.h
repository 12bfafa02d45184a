// From a request to its plan, against all jails as they would be after it: one road for a request that changes one jail
// and for a set of 10,000. Changes nothing. In pieces, none of which takes long, so that no request has the loop to
// itself. Loop only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/contract/change.h"
#include "daemon/core/change/plan.h"
#include "daemon/core/lifecycle.h"
#include "daemon/core/outlook.h"

namespace jaild::core {

// For adoption: the CPUs of the host, whether others make jails on it, and what no jail of it may have (empty: all
// may).
struct AdoptionRules {
  std::vector<int> host_cpus = {};
  bool adopts = true;
  std::function<std::vector<FieldError>(const std::string& name, const JailSpec& spec)> check = {};
};

// What a plan is made from: the supervisor's own, which outlives every planner.
struct Present {
  const std::map<std::string, std::unique_ptr<Lifecycle>>& jails;
  const JailIndex& index;
  const std::map<std::string, JailFacts>& foreign;
  const std::set<std::string>& foreign_dev;  // of them, those with something mounted on their /dev
  const Timeouts& timeouts;
  const HostWays& ways;
  const AdoptionRules& adoption;
  const std::string& boot_id;
  const std::size_t& piece;  // SupervisorOptions

  [[nodiscard]] const Lifecycle* find(const std::string& name) const;
};

class Planner {
 public:
  Planner(ChangeRequest request, const Present& present, WallTime now);
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  // One piece. True: that was the last.
  bool go_on();
  // The plan, once. Kind::invalid with a pointer for each mistake; a request that is no set may have a kind of its own:
  // not_found, exists, conflict, precondition_failed.
  [[nodiscard]] Result<Plan> finish();
  // What of the request does not go together with the other jails; instead of go_on() and finish().
  [[nodiscard]] std::vector<FieldError> mistakes();

  [[nodiscard]] const ChangeRequest& request() const { return request_; }
  // After finish(); its specs are in the plan.
  [[nodiscard]] ChangeRequest take_request() { return std::move(request_); }
  // Small enough to be planned at once.
  [[nodiscard]] static bool is_one_piece(const ChangeRequest& request, std::size_t piece);

 private:
  // In this order. Those that are a walk over all are cut, the graph is looked at as a whole.
  enum class Stage { put, prune, check, loops, wishes, hasten, erasures, order, stops, records, over };

  // `each` for the next few of `count`; then the stage is over.
  void walk(std::size_t count, Stage following, const auto& each);
  void turn_to(Stage following);

  // ---- the jails after it (planner_put.cpp) ----
  void put(std::size_t place);
  [[nodiscard]] std::optional<Error> refusal(const Change& change, const Lifecycle* jail) const;
  [[nodiscard]] std::optional<Error> broken_condition(const Change& change, const Lifecycle* jail) const;
  void put_spec(std::size_t place, Put& wanted, const Lifecycle* jail);
  void put_wish(const std::string& name, Desired desired, bool restart, const Lifecycle& jail);
  void put_adopted(std::size_t place);
  void take_out_pruned();
  void check_erased(const std::string& pointer, const std::string& name);

  // ---- what does not go together ----
  void check(std::size_t place);
  void check_loops();
  [[nodiscard]] std::string pointer_to(std::size_t place) const;
  void refuse(std::size_t place, Error error);

  // ---- what it carries along, and what is done about it ----
  void carry_wishes();
  void carry_wish(const std::vector<std::string>& names, Desired desired);
  [[nodiscard]] std::optional<Desired> said_of(const std::string& name) const;
  void hasten();
  void plan_erasures();
  void plan_stop(const JailRecord& planned);
  void plan_rest(const JailRecord& planned);
  void plan_record(const JailRecord& planned);
  [[nodiscard]] bool stops(const JailRecord& planned) const;
  [[nodiscard]] bool describes() const { return request_.dry_run || request_.is_set; }

  ChangeRequest request_;
  const Present& present_;
  const WallTime now_;
  std::map<std::string, std::size_t> places_;  // of the changes, by name
  Outlook after_;
  std::vector<FieldError> mistakes_;
  std::optional<Error> refusal_;    // of a request that is no set
  std::set<std::string> restarts_;  // that were asked for
  std::vector<std::string> pruned_;
  std::vector<const JailRecord*> order_;  // of `after_`, which changes no more then
  Plan plan_;
  Stage stage_ = Stage::put;
  std::size_t next_ = 0;  // of the changes, or of `order_`
};

// The record of a jail that waits for the end of a delay which the disk knows of, without it.
[[nodiscard]] std::optional<JailRecord> hastened(const Lifecycle& jail);

// What happened to a jail while a long plan was made, into the record that the plan would store.
void catch_up(JailRecord& planned, const JailRecord& present);

}  // namespace jaild::core
