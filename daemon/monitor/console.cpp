#include "daemon/monitor/console.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/monitor/file_record.h"
#include "daemon/monitor/pipes.h"

namespace jaild::monitor {
namespace {

// The size of `text` without what may belong to something that goes on behind it: the beginning of a UTF-8 character,
// the carriage return of a line's end.
std::size_t whole_size(std::string_view text) {
  if (text.ends_with('\r')) return text.size() - 1;
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;  // not the first of its character
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

Result<Console::Pipe> Console::pipe(const std::string& phase, LogStream stream) {
  const auto known = std::ranges::find_if(channels_, [&](const Channel& channel) {
    return !channel.file && channel.phase == phase && channel.stream == stream;
  });
  if (known != channels_.end()) return Pipe{known->reader.get(), known->writer.get()};
  const auto same = [stream](const Channel& channel) { return !channel.file && channel.stream == stream; };
  if (std::ranges::count_if(channels_, same) == phases_max) {
    const auto last = std::ranges::find_if(channels_.rbegin(), channels_.rend(), same);
    return Pipe{last->reader.get(), last->writer.get()};
  }
  Channel channel;
  channel.phase = phase;
  channel.stream = stream;
  return add(std::move(channel));
}

Result<Console::Pipe> Console::file_pipe(const std::string& path, ConsoleFile::Open open) {
  const auto into = [&](const Channel& channel) { return channel.file && channel.file->path() == path; };
  const auto known = std::ranges::find_if(channels_, into);
  if (known != channels_.end()) {
    known->file.emplace(path, std::move(open));
    const auto opened = known->file->reopen(Clock::now());
    if (!opened) return Fail(opened.error());
    return Pipe{known->reader.get(), known->writer.get()};
  }
  if (std::ranges::count_if(channels_, [](const Channel& channel) { return channel.file.has_value(); }) == files_max) {
    return Fail(Kind::overloaded, "exec.consolelog was changed too often in one run: restart the jail");
  }
  Channel channel;
  channel.file.emplace(path, std::move(open));
  const auto opened = channel.file->reopen(Clock::now());
  if (!opened) return Fail(opened.error());
  return add(std::move(channel));
}

Result<Console::Pipe> Console::add(Channel channel) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return FailErrno(Kind::overloaded, "pipe", errno);
  channel.reader.reset(ends[0]);
  channel.writer.reset(ends[1]);
  // Only our end: O_NONBLOCK on the jail's would make its programs fail where they should wait.
  ::fcntl(channel.reader.get(), F_SETFL, O_NONBLOCK);
  channels_.push_back(std::move(channel));
  return Pipe{ends[0], ends[1]};
}

std::vector<int> Console::readers(Clock::time_point now) const {
  std::vector<int> fds;
  if (rests_until_ && now < *rests_until_) return fds;
  for (const Channel& channel : channels_) fds.push_back(channel.reader.get());
  return fds;
}

void Console::read_from(int reader, Clock::time_point now) {
  for (Channel& channel : channels_) {
    if (channel.reader.get() == reader) read_once(channel, now);
  }
}

bool Console::read_once(Channel& channel, Clock::time_point now) {
  if (!rests_until_ || *rests_until_ <= now) {  // the first of this look
    rests_until_ = now + look_interval;
    wall_ = std::chrono::system_clock::now();
    may_throw_ = drain_max;
  }
  std::array<char, read_max> buffer;
  const ssize_t got = ::read(channel.reader.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  if (rate_.is_open(now)) {
    report_dropped();
    take(channel, bytes, now);
    log_.flush();
  } else {
    drop(channel, bytes);
    rests_until_ = now + flood_interval;
  }
  return true;
}

void Console::take(Channel& channel, std::string_view bytes, Clock::time_point now) {
  if (channel.skips) {
    const std::size_t feed = bytes.find('\n');
    const std::size_t rest = feed == std::string_view::npos ? bytes.size() : feed + 1;
    count_dropped(rest > feed ? 1 : 0, rest);
    channel.skips = feed == std::string_view::npos;
    bytes.remove_prefix(rest);
  }
  if (channel.file) {
    rate_.spend(bytes.size());
    if (!bytes.empty()) log_.count_lost(channel.file->write(bytes, now));
    return;
  }
  while (!bytes.empty()) {
    const std::size_t feed = bytes.find('\n');
    const bool ended = feed != std::string_view::npos;
    take_piece(channel, bytes.substr(0, feed), ended);
    bytes.remove_prefix(ended ? feed + 1 : bytes.size());
  }
  channel.speak_up_at.reset();
  if (!channel.begun.empty()) channel.speak_up_at = now + silence;
}

void Console::take_piece(Channel& channel, std::string_view piece, bool ended) {
  while (channel.begun.size() + piece.size() > line_max) {
    const std::size_t room = line_max - channel.begun.size();
    channel.begun.append(piece.substr(0, room));
    piece.remove_prefix(room);
    tell_begun(channel);
  }
  if (!ended) {
    channel.begun.append(piece);
    return;
  }
  if (!channel.begun.empty()) piece = channel.begun.append(piece);
  if (piece.ends_with('\r')) piece.remove_suffix(1);
  tell(channel, piece, false);
  channel.begun.clear();
}

void Console::tell(Channel& channel, std::string_view text, bool partial) {
  rate_.spend(log_.add(channel.phase, channel.stream, text, wall_, partial));
  channel.continues = partial;
}

void Console::tell_begun(Channel& channel) {
  const std::size_t size = whole_size(channel.begun);
  if (size == 0) return;
  tell(channel, std::string_view(channel.begun).substr(0, size), true);
  channel.begun.erase(0, size);
}

// What is thrown away begins and ends in the middle of lines. They are told as far as they came, or not at all.
void Console::drop(Channel& channel, std::string_view bytes) {
  if (!channel.begun.empty() || channel.continues) {
    tell(channel, channel.begun, false);
    log_.flush();
  }
  channel.begun.clear();
  channel.speak_up_at.reset();
  auto lines = static_cast<std::uint64_t>(std::ranges::count(bytes, '\n'));
  channel.skips = bytes.back() != '\n';
  std::size_t size = bytes.size();
  if (bytes.size() == read_max) {  // there is more
    if (!std::exchange(channel.flooded, true)) enlarge_pipe(channel.reader.get());
    const std::size_t unseen = throw_away(channel.reader.get(), may_throw_);
    may_throw_ -= unseen;
    lines += lines * unseen / bytes.size();
    lines_are_estimated_ = lines_are_estimated_ || unseen > 0;
    channel.skips = channel.skips || unseen > 0;
    size += unseen;
  }
  count_dropped(lines, size);
}

void Console::count_dropped(std::uint64_t lines, std::uint64_t bytes) {
  dropped_lines_ += lines;
  dropped_bytes_ += bytes;
  log_.count_lost(lines);
}

void Console::report_dropped() {
  if (dropped_bytes_ == 0) return;
  const std::string about = std::exchange(lines_are_estimated_, false) ? "about " : "";
  say(about + std::to_string(std::exchange(dropped_lines_, 0)) + " lines (" +
      std::to_string(std::exchange(dropped_bytes_, 0)) + " bytes) dropped: over the log rate");
}

void Console::tick(Clock::time_point now) {
  if (rests_until_ && *rests_until_ <= now) rests_until_.reset();
  bool told = false;
  for (Channel& channel : channels_) {
    if (!channel.speak_up_at || *channel.speak_up_at > now) continue;
    channel.speak_up_at.reset();
    wall_ = std::chrono::system_clock::now();
    tell_begun(channel);
    told = true;
  }
  if (told) log_.flush();
  if (dropped_bytes_ > 0 && rate_.is_open(now)) report_dropped();
}

std::optional<Console::Clock::time_point> Console::next_deadline() const {
  auto next = rests_until_;
  const auto sooner = [&next](Clock::time_point other) { next = std::min(next.value_or(other), other); };
  for (const Channel& channel : channels_) {
    if (channel.speak_up_at) sooner(*channel.speak_up_at);
  }
  if (dropped_bytes_ > 0) sooner(rate_.opens_at());
  return next;
}

void Console::catch_up(Clock::time_point now) {
  for (Channel& channel : channels_) read_once(channel, now);
}

void Console::drain() {
  constexpr int reads_max = static_cast<int>(drain_max / read_max);
  const auto now = Clock::now();
  for (Channel& channel : channels_) {
    for (int i = 0; i < reads_max && read_once(channel, now); ++i) {
    }
    if (!channel.begun.empty()) tell(channel, channel.begun, false);
    channel.begun.clear();
  }
  report_dropped();
  log_.flush();
}

Console::Losses Console::losses() const {
  const auto in_words = [](int error) { return std::generic_category().message(error); };
  if (log_.error() != 0) return {log_.lost_lines(), in_words(log_.error())};
  for (const Channel& channel : channels_) {
    if (!channel.file || channel.file->error() == 0) continue;
    return {log_.lost_lines(), "exec.consolelog " + channel.file->path() + ": " + in_words(channel.file->error())};
  }
  return {log_.lost_lines(), ""};
}

void Console::say(const std::string& text) {
  log_.add("jaild", LogStream::err, text, std::chrono::system_clock::now());
  log_.flush();
}

}  // namespace jaild::monitor
