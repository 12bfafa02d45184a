#include "api/server/event_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild::server {

namespace asio = boost::asio;

namespace {

// Browsers wait this long before they come back.
constexpr std::string_view preamble = "retry: 3000\n\n";
constexpr std::string_view heartbeat = ": still here\n\n";
constexpr std::size_t batch_bytes = 64 * 1024;
constexpr std::size_t page_events = 32;  // of 64 KiB at most

std::size_t bytes_of(const JailEvent& event) {
  std::size_t bytes = sizeof event + to_string(event.type).size() + event.jail.size() + event.message.size();
  for (const auto& [key, value] : event.data) bytes += sizeof key + sizeof value + key.size() + value.size();
  return bytes;
}

// A JSON text has no line break, so one data line holds it.
void add_part(std::string& text, const JailEvent& event) {
  if (event.id != 0) text += "id: " + std::to_string(event.id) + "\n";
  text += "event: " + std::string(to_string(event.type)) + "\ndata: " + to_text(to_json(event)) + "\n\n";
}

}  // namespace

EventStream::EventStream(Connection& connection, Service& service, const Limits& limits, StreamPlan plan, Bytes& bytes)
    : connection_(connection), service_(service), limits_(limits), plan_(std::move(plan)), bytes_(bytes) {}

void EventStream::on_event(const JailEvent& event) {
  if (!plan_.query.jail.empty() && event.jail != plan_.query.jail) return;
  if (!plan_.query.type.empty() && to_string(event.type) != plan_.query.type) return;
  // A step has no number to come back to, so a slow reader misses some rather than being cut off for them.
  if (event.step && (!plan_.steps || queue_.size() >= limits_.stream_queue / 2)) return;
  queued_ += bytes_of(event);
  if (queue_.size() >= limits_.stream_queue || !hold()) {
    // Cut off, never skipped: the reader comes back with the last id it has and misses nothing. A write under way ends
    // too, for this reader takes no more.
    overflowed_ = true;
    connection_.cut();
    return;
  }
  queue_.push_back(event);
  connection_.waiter()->wake();
}

asio::awaitable<void> EventStream::run() {
  // Subscribed first, so whatever is not in the store by now comes through the queue; what comes through both is
  // recognised by its number.
  subscription_ = service_.subscribe([this](const JailEvent& event) { on_event(event); });
  const std::uint64_t newest = service_.last_event();
  connection_.watch();
  const bool begun = co_await connection_.write(preamble, "");
  if (!begun) co_return;
  if (plan_.replay) {
    // A number beyond the newest is from another store: nothing of that one can be sent, and all that comes is new.
    sent_ = std::min(plan_.query.after, newest);
    const bool complete = co_await replay(newest);
    if (!complete) co_return;
  }
  while (!over()) {
    if (queue_.empty()) {
      const auto beat = Waiter::Clock::now() + limits_.heartbeat;
      while (queue_.empty() && !over() && Waiter::Clock::now() < beat) co_await connection_.waiter()->sleep_until(beat);
    }
    if (over()) co_return;
    const bool sent = co_await send_queued();
    if (!sent) co_return;
  }
}

asio::awaitable<bool> EventStream::replay(std::uint64_t up_to) {
  EventQuery query = plan_.query;
  query.limit = page_events;
  while (sent_ < up_to && !over()) {
    query.after = sent_;
    Pending<std::vector<JailEvent>> pending(connection_.waiter());
    service_.events(query, pending.done());
    const auto page = co_await pending.get(limits_.answer_time);
    if (!page) co_return false;
    std::string text;
    for (const JailEvent& event : *page) {
      if (event.id <= sent_) continue;
      add_part(text, event);
      sent_ = event.id;
    }
    sending_ = text.capacity();
    if (!hold()) co_return false;
    const bool written = co_await connection_.write(text, "");
    if (!written) co_return false;
    sending_ = 0;
    static_cast<void>(hold());  // less than before
    if (page->size() < query.limit) co_return true;
  }
  co_return !over();
}

// One batch, or a sign of life when there is none.
asio::awaitable<bool> EventStream::send_queued() {
  std::string text;
  while (!queue_.empty() && text.size() < batch_bytes) {
    if (queue_.front().step || queue_.front().id > sent_) {
      sent_ = std::max(sent_, queue_.front().id);
      add_part(text, queue_.front());
    }
    queued_ -= bytes_of(queue_.front());
    queue_.pop_front();
  }
  static_cast<void>(hold());  // less than before
  if (text.empty()) text = heartbeat;
  const bool written = co_await connection_.write(text, "");
  co_return written;
}

}  // namespace jaild::server
