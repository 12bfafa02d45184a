#include "daemon/monitor/console.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "daemon/monitor/file_record.h"

namespace jaild::monitor {

Result<Console::Pipe> Console::pipe(const std::string& phase, LogStream stream) {
  const auto ends_of = [](const Channel& channel) { return Pipe{channel.reader.get(), channel.writer.get()}; };
  const auto known = std::ranges::find_if(
      channels_, [&](const Channel& channel) { return channel.phase == phase && channel.stream == stream; });
  if (known != channels_.end()) return ends_of(*known);
  const auto same = [stream](const Channel& channel) { return channel.stream == stream; };
  if (std::ranges::count_if(channels_, same) == phases_max) {
    return ends_of(*std::ranges::find_if(channels_.rbegin(), channels_.rend(), same));
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return FailErrno(Kind::overloaded, "pipe", errno);
  Channel channel{phase, stream, UniqueFd(ends[0]), UniqueFd(ends[1]), {}};
  // Only our end: O_NONBLOCK on the jail's would make its programs fail where they should wait.
  ::fcntl(channel.reader.get(), F_SETFL, O_NONBLOCK);
  channels_.push_back(std::move(channel));
  return ends_of(channels_.back());
}

std::vector<int> Console::readers() const {
  std::vector<int> fds;
  for (const Channel& channel : channels_) fds.push_back(channel.reader.get());
  return fds;
}

void Console::read_from(int reader) {
  for (Channel& channel : channels_) {
    if (channel.reader.get() == reader) read_once(channel);
  }
}

bool Console::read_once(Channel& channel) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = ::read(channel.reader.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  take(channel, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  return true;
}

void Console::take(Channel& channel, std::string_view bytes) {
  const auto now = std::chrono::system_clock::now();
  while (!bytes.empty()) {
    const std::size_t room = line_max - channel.partial.size();
    const std::size_t newline = bytes.substr(0, room + 1).find('\n');
    const std::size_t size = std::min(newline == std::string_view::npos ? room : newline, bytes.size());
    channel.partial.append(bytes.substr(0, size));
    bytes.remove_prefix(size);
    const bool ended = !bytes.empty() && bytes.front() == '\n';
    if (ended) bytes.remove_prefix(1);
    if (!ended && channel.partial.size() < line_max) return;
    if (channel.partial.ends_with('\r')) channel.partial.pop_back();
    log_.write(channel.phase, channel.stream, channel.partial, now);
    channel.partial.clear();
  }
}

void Console::drain() {
  constexpr int reads_max = 8;  // a pipe holds 64 KiB
  for (Channel& channel : channels_) {
    for (int i = 0; i < reads_max && read_once(channel); ++i) {
    }
    const auto now = std::chrono::system_clock::now();
    if (!channel.partial.empty()) log_.write(channel.phase, channel.stream, channel.partial, now);
    channel.partial.clear();
  }
}

void Console::say(const std::string& text) {
  log_.write("jaild", LogStream::err, text, std::chrono::system_clock::now());
}

}  // namespace jaild::monitor
