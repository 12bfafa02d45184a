// What changes a jail: POST /jails, PUT, PATCH and DELETE /jails/{name}, start, stop, restart, adopt, rollback.
#include <limits>

#include <nlohmann/json.hpp>

#include "api/contract/json.h"
#include "api/server/conditions.h"
#include "api/server/handlers.h"

namespace jaild::server {

namespace {

// A merge lost against another writer is merged anew; whoever loses this often competes with a loop, not with a person.
constexpr int merges_most = 5;

struct Order {
  Write write;
  std::chrono::seconds wait{0};
};

// What all writes have in common: who, under which conditions, how long to wait, whether for real.
Result<Order> begin_order(const Call& call, Write::Verb verb, QueryReader query, bool may_create = false) {
  Order order;
  order.write.verb = verb;
  order.write.name = call.name;
  order.write.who = call.who;
  order.write.dry_run = query.flag("dry_run");
  order.wait = std::chrono::seconds(query.number("wait", 0, wait_most).value_or(0));
  const Result<void> good = query.finish();
  if (!good) return Fail(good.error());
  const Result<void> conditions = read_conditions(call.request, may_create, order.write);
  if (!conditions) return Fail(conditions.error());
  return order;
}

Result<Order> begin_order(const Call& call, Write::Verb verb, bool may_create = false) {
  return begin_order(call, verb, QueryReader(call.target.query), may_create);
}

Result<JailDocument> read_document(const Call& call, const nlohmann::json& body) {
  return parse_jail_document(body, call.name, call.service.profile(), [&](const auto& name, const JailSpec& spec) {
    return call.service.objections(name, spec);
  });
}

Result<void> add_document(const Call& call, Order& order) {
  const auto body = parse_json(call.request.body);
  if (!body) return Fail(body.error());
  auto document = read_document(call, *body);
  if (!document) return Fail(document.error());
  order.write.name = document->name;
  order.write.spec = std::move(document->spec);
  order.write.desired = document->desired;
  return {};
}

// Whether nothing is left to wait for: the wish holds, or the jail gave up.
bool settled(const WriteReply& reply) {
  return reply.settled || reply.object.status.state == JailState::failed;
}

boost::asio::awaitable<Result<WriteReply>> carry_out(Call& call, const Order& order) {
  Pending<WriteReply> pending(call.connection.waiter());
  call.service.write(order.write, order.wait, pending.done());
  if (order.wait.count() > 0) call.connection.watch();
  Result<WriteReply> reply = co_await pending.get(order.wait + call.limits.answer_time);
  co_return reply;
}

// The answer to a declaring or replacing write.
Response written_response(const Order& order, const WriteReply& reply) {
  if (order.write.dry_run) return list_response(reply.changes);
  if (reply.created) {
    Response response = object_response(201, reply.object);
    response.fields.emplace_back("Location", "/jails/" + reply.object.name);
    return response;
  }
  const bool late = order.wait.count() > 0 && !settled(reply);
  return object_response(late ? 202 : 200, reply.object);
}

// The order that PATCH stands for, merged into the jail as it is now. `patch` is the parsed body.
Result<Order> merge_order(const Call& call, const nlohmann::json& patch, Order order) {
  const Result<JailObject> object = call.service.get(call.name);
  if (!object) return Fail(object.error());
  if (object->status.state == JailState::foreign) {
    return Fail(Kind::conflict, call.name + " was not made by jaild, so there is nothing to change here");
  }
  if (order.write.if_generation && *order.write.if_generation != object->generation) {
    return Fail(Kind::precondition_failed, call.name + " has generation " + std::to_string(object->generation));
  }
  nlohmann::json merged = to_json(*object);
  merged.merge_patch(patch);
  auto document = read_document(call, merged);
  if (!document) return Fail(document.error());
  order.write.spec = std::move(document->spec);
  // The merged object always has the present wish; only one that the patch brings is a wish of this request.
  if (patch.contains("desired")) order.write.desired = document->desired;
  order.write.if_generation = object->generation;
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

// `page` begins with the generation, if that is kept.
Result<JailSpec> spec_of(const HistoryPage& page, const std::string& name, std::uint64_t generation) {
  if (!page.versions.empty() && page.versions.front().generation == generation) return page.versions.front().spec;
  return Fail(Kind::not_found,
              name + " has no generation " + std::to_string(generation) + ", or it is not kept any more");
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

}  // namespace

boost::asio::awaitable<Response> declare_jail(Call& call) {
  Result<Order> order = begin_order(call, Write::Verb::declare);
  if (!order) co_return problem_response(order.error());
  const Result<void> read = add_document(call, *order);
  if (!read) co_return problem_response(read.error());
  const Result<WriteReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  co_return written_response(*order, *reply);
}

boost::asio::awaitable<Response> put_jail(Call& call) {
  Result<Order> order = begin_order(call, Write::Verb::replace, true);
  if (!order) co_return problem_response(order.error());
  const Result<void> read = add_document(call, *order);
  if (!read) co_return problem_response(read.error());
  const Result<WriteReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  co_return written_response(*order, *reply);
}

boost::asio::awaitable<Response> patch_jail(Call& call) {
  const Result<Order> begun = begin_order(call, Write::Verb::replace);
  if (!begun) co_return problem_response(begun.error());
  const auto patch = parse_patch(call);
  if (!patch) co_return problem_response(patch.error());
  for (int merges = 0; merges < merges_most; ++merges) {
    const Result<Order> order = merge_order(call, *patch, *begun);
    if (!order) co_return problem_response(order.error());
    const Result<WriteReply> reply = co_await carry_out(call, *order);
    if (reply) co_return written_response(*order, *reply);
    const bool moved = reply.error().kind == Kind::precondition_failed && !begun->write.if_generation;
    if (!moved) co_return problem_response(reply.error());
  }
  co_return problem_response(
      {Kind::conflict, call.name + " changes faster than the patch can be merged; try again", 0, {}});
}

boost::asio::awaitable<Response> delete_jail(Call& call) {
  const Result<Order> order = begin_order(call, Write::Verb::erase);
  if (!order) co_return problem_response(order.error());
  const Result<WriteReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  if (order->write.dry_run) co_return list_response(reply->changes);
  if (!reply->gone) co_return object_response(202, reply->object);
  Response response;
  response.status = 204;
  co_return response;
}

boost::asio::awaitable<Response> act_on_jail(Call& call, Write::Verb verb) {
  const Result<Order> order = begin_order(call, verb);
  if (!order) co_return problem_response(order.error());
  const Result<void> empty = check_empty_body(call);
  if (!empty) co_return problem_response(empty.error());
  const Result<WriteReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  if (order->write.dry_run) co_return list_response(reply->changes);
  const bool done = order->wait.count() > 0 ? settled(*reply) : reply->settled;
  co_return object_response(done ? 200 : 202, reply->object);
}

boost::asio::awaitable<Response> roll_back_jail(Call& call) {
  QueryReader query(call.target.query);
  const auto to = query.number("to", 1, std::numeric_limits<std::int64_t>::max());
  if (!query.text("to")) query.mistake("to", "names the generation that is to hold again");
  Result<Order> order = begin_order(call, Write::Verb::replace, query);
  if (!order) co_return problem_response(order.error());
  const Result<void> empty = check_empty_body(call);
  if (!empty) co_return problem_response(empty.error());
  Pending<HistoryPage> pending(call.connection.waiter());
  call.service.history(call.name, {.after = *to - 1, .limit = 1}, pending.done());
  const auto versions = co_await pending.get(call.limits.answer_time);
  if (!versions) co_return problem_response(versions.error());
  Result<JailSpec> spec = spec_of(*versions, call.name, *to);
  if (!spec) co_return problem_response(spec.error());
  order->write.spec = std::move(*spec);
  order->write.if_present = true;  // it may be deleted meanwhile; a rollback never declares
  const Result<WriteReply> reply = co_await carry_out(call, *order);
  if (!reply) co_return problem_response(reply.error());
  co_return written_response(*order, *reply);
}

}  // namespace jaild::server
