// What changes a jail: POST /jails, PUT, PATCH and DELETE /jails/{name}, start, stop, restart, adopt, rollback.
#include <limits>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/contract/validate.h"
#include "api/server/conditions.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

// A merge lost against another writer is merged anew; whoever loses this often competes with a loop, not with a person.
constexpr int merges_most = 5;

// One change that a call asks for.
struct Order {
  Change change;
  bool dry_run = false;
  std::chrono::seconds wait{0};
};

// What all have in common: under which conditions, how long to wait, whether for real.
Result<Order> begin_order(const Call& call, QueryReader query, bool may_create = false) {
  Order order;
  order.change.name = call.name;
  order.dry_run = query.flag("dry_run");
  order.wait = std::chrono::seconds(query.number("wait", 0, wait_most).value_or(0));
  const Result<void> good = query.finish();
  if (!good) return Fail(good.error());
  const Result<Conditions> conditions = read_conditions(call.request, may_create);
  if (!conditions) return Fail(conditions.error());
  order.change.only_if = *conditions;
  return order;
}

Result<Order> begin_order(const Call& call, bool may_create = false) {
  return begin_order(call, QueryReader(call.target.query), may_create);
}

Result<JailDocument> read_document(const Call& call, const nlohmann::json& body) {
  return parse_jail_document(body, call.name, call.service.profile(), [&](const auto& name, const JailSpec& spec) {
    return call.service.objections(one_change({name, Put{spec}}, call.who));
  });
}

Result<void> add_document(const Call& call, Order& order, bool only_new) {
  const auto body = parse_json(call.request.body);
  if (!body) return Fail(body.error());
  auto document = read_document(call, *body);
  if (!document) return Fail(document.error());
  order.change.name = document->name;
  order.change.what = Put{std::move(document->spec), document->desired, only_new};
  return {};
}

// Whether nothing is left to wait for: the wish holds, or the jail gave up.
bool settled(const ChangeReply& reply) {
  return reply.settled || (!reply.objects.empty() && reply.objects.front().status.state == JailState::failed);
}

boost::asio::awaitable<Result<ChangeReply>> carry_out(Call& call, const Order& order) {
  Pending<ChangeReply> pending(call.connection.waiter());
  ChangeRequest request = one_change(order.change, call.who);
  request.dry_run = order.dry_run;
  call.service.change(std::move(request), order.wait, pending.done());
  if (order.wait.count() > 0) call.connection.watch();
  Result<ChangeReply> reply = co_await pending.get(order.wait + call.limits.answer_time);
  co_return reply;
}

// The object that a write left; of one that was deleted right after it there is none.
Response jail_response(int status, const Order& order, const ChangeReply& reply) {
  if (!reply.objects.empty()) return object_response(status, reply.objects.front());
  return problem_response({Kind::not_found, order.change.name + " was deleted meanwhile", 0, {}});
}

// The answer to a declaring or replacing write.
Response written_response(const Order& order, const ChangeReply& reply) {
  if (order.dry_run) return list_response(reply.effects);
  if (reply.created) {
    Response response = jail_response(201, order, reply);
    response.fields.emplace_back("Location", "/jails/" + order.change.name);
    return response;
  }
  const bool late = order.wait.count() > 0 && !settled(reply);
  return jail_response(late ? 202 : 200, order, reply);
}

// The order that PATCH stands for, merged into the jail as it is now. `patch` is the parsed body.
Result<Order> merge_order(const Call& call, const nlohmann::json& patch, Order order) {
  const Result<JailObject> object = call.service.get(call.name);
  if (!object) return Fail(object.error());
  if (object->status.state == JailState::foreign) {
    return Fail(Kind::conflict, call.name + " was not made by jaild, so there is nothing to change here");
  }
  Conditions& only_if = order.change.only_if;
  if (only_if.generation && *only_if.generation != object->generation) {
    return Fail(Kind::precondition_failed, call.name + " has generation " + std::to_string(object->generation));
  }
  nlohmann::json merged = to_json(*object);
  merged.merge_patch(patch);
  auto document = read_document(call, merged);
  if (!document) return Fail(document.error());
  Put put{std::move(document->spec)};
  // The merged object always has the present wish; only one that the patch brings is a wish of this request.
  if (patch.contains("desired")) put.desired = document->desired;
  order.change.what = std::move(put);
  only_if.generation = object->generation;
  return order;
}

Result<nlohmann::json> parse_patch(const Call& call) {
  auto patch = parse_json(call.request.body);
  if (!patch) return patch;
  if (!patch->is_object()) {
    return Fail(Error{Kind::invalid, "a patch must be a JSON object", 0, {{"", "must be an object"}}});
  }
  if (auto removals = check_removals(*patch); !removals) return Fail(removals.error());
  return patch;
}

// `page` begins with the generation, if that is kept. The host may be another than the one that took it.
Result<JailSpec> spec_of(const Call& call, const HistoryPage& page, std::uint64_t generation) {
  if (page.versions.empty() || page.versions.front().generation != generation) {
    return Fail(Kind::not_found,
                call.name + " has no generation " + std::to_string(generation) + ", or it is not kept any more");
  }
  const JailSpec& spec = page.versions.front().spec;
  auto mistakes = validate(call.name, spec, call.service.profile());
  if (mistakes.empty()) return spec;
  for (auto& each : call.service.objections(one_change({call.name, Put{spec}}, call.who))) {
    mistakes.push_back(std::move(each));
  }
  return Fail(Error{Kind::invalid, mistakes.front().detail, 0, std::move(mistakes)});
}

// Nothing, or an empty object: these calls take no instructions.
Result<void> check_empty_body(const Call& call) {
  if (call.request.body.empty()) return {};
  const Result<void> type = check_body_type(call.request, BodyType::json);
  if (!type) return type;
  const auto body = parse_json(call.request.body);
  if (!body) return Fail(body.error());
  if (body->is_object() && body->empty()) return {};
  return Fail(Error{Kind::invalid, "this call takes no body", 0, {{"", "must be empty"}}});
}

boost::asio::awaitable<Response> put_document(Call& call, bool only_new) {
  Result<Order> order = begin_order(call, !only_new);
  if (!order) co_return problem_response(order.error());
  const Result<void> read = add_document(call, *order, only_new);
  if (!read) co_return problem_response(read.error());
  const Result<ChangeReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  co_return written_response(*order, *reply);
}

}  // namespace

boost::asio::awaitable<Response> declare_jail(Call& call) {
  Response response = co_await put_document(call, true);
  co_return response;
}

boost::asio::awaitable<Response> put_jail(Call& call) {
  Response response = co_await put_document(call, false);
  co_return response;
}

boost::asio::awaitable<Response> patch_jail(Call& call) {
  const Result<Order> begun = begin_order(call);
  if (!begun) co_return problem_response(begun.error());
  const auto patch = parse_patch(call);
  if (!patch) co_return problem_response(patch.error());
  for (int merges = 0; merges < merges_most; ++merges) {
    const Result<Order> order = merge_order(call, *patch, *begun);
    if (!order) co_return problem_response(order.error());
    const Result<ChangeReply> reply = co_await carry_out(call, *order);
    if (reply) co_return written_response(*order, *reply);
    const bool moved = reply.error().kind == Kind::precondition_failed && !begun->change.only_if.generation;
    if (!moved) co_return problem_response(reply.error());
  }
  co_return problem_response(
      {Kind::conflict, call.name + " changes faster than the patch can be merged; try again", 0, {}});
}

boost::asio::awaitable<Response> delete_jail(Call& call) {
  Result<Order> order = begin_order(call);
  if (!order) co_return problem_response(order.error());
  order->change.what = Erase{};
  const Result<ChangeReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  if (order->dry_run) co_return list_response(reply->effects);
  if (!reply->objects.empty()) co_return object_response(202, reply->objects.front());
  Response response;
  response.status = 204;
  co_return response;
}

boost::asio::awaitable<Response> act_on_jail(Call& call, ChangeAction action) {
  Result<Order> order = begin_order(call);
  if (!order) co_return problem_response(order.error());
  const Result<void> empty = check_empty_body(call);
  if (!empty) co_return problem_response(empty.error());
  order->change.what = std::move(action);
  const Result<ChangeReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  if (order->dry_run) co_return list_response(reply->effects);
  const bool done = order->wait.count() > 0 ? settled(*reply) : reply->settled;
  co_return jail_response(done ? 200 : 202, *order, *reply);
}

boost::asio::awaitable<Response> roll_back_jail(Call& call) {
  QueryReader query(call.target.query);
  const auto to = query.number("to", 1, std::numeric_limits<std::int64_t>::max());
  if (!query.text("to")) query.mistake("to", "is required: the generation to restore");
  Result<Order> order = begin_order(call, query);
  if (!order) co_return problem_response(order.error());
  const Result<void> empty = check_empty_body(call);
  if (!empty) co_return problem_response(empty.error());
  Pending<HistoryPage> pending(call.connection.waiter());
  call.service.history(call.name, {.after = *to - 1, .limit = 1}, pending.done());
  const auto versions = co_await pending.get(call.limits.answer_time);
  if (!versions) co_return problem_response(versions.error());
  Result<JailSpec> spec = spec_of(call, *versions, *to);
  if (!spec) co_return problem_response(spec.error());
  order->change.what = Put{*std::move(spec)};
  order->change.only_if.present = true;  // it may be deleted meanwhile; a rollback never declares
  const Result<ChangeReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  co_return written_response(*order, *reply);
}

}  // namespace jaild::server
