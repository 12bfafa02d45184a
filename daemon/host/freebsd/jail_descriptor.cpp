#include "daemon/host/freebsd/jail_descriptor.h"

#include <sys/types.h>  // before event.h, which uses its types

#include <fcntl.h>
#include <sys/event.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "daemon/host/freebsd/jail_args.h"

namespace jaild::host {
namespace {

#ifdef EVFILT_JAILDESC
static_assert(EVFILT_JAIL == filter_jail && EVFILT_JAILDESC == filter_jail_descriptor);
static_assert(NOTE_JAIL_CHILD == note_jail_child && NOTE_JAIL_REMOVE == note_jail_remove);
static_assert(NOTE_JAIL_SET == note_jail_set && NOTE_JAIL_MULTI == note_jail_multi);
#endif

constexpr int get_descriptor = 0x40;       // sys/jail.h of 15, JAIL_GET_DESC
constexpr int remove_by_descriptor = 598;  // sys/syscall.h of 15, SYS_jail_remove_jd; libc has the call from 15.0 on
constexpr std::size_t descriptor_name_size = 256;  // a whole dotted name with its NUL (sys/jail.h: MAXHOSTNAMELEN)

}  // namespace

UniqueFd open_jail(const core::JailKey& key) {
  JailArgs args;
  args.number("jid", key.jid);
  const std::size_t name = args.room("name", descriptor_name_size);
  const std::size_t descriptor = args.room("desc", sizeof(int));
  if (key.jid <= 0 || !args.get(get_descriptor, "jail_get")) return {};
  int number = -1;
  std::memcpy(&number, args.answer(descriptor).data(), sizeof number);
  UniqueFd opened(number);
  if (::fcntl(opened.get(), F_SETFD, FD_CLOEXEC) != 0 || args.answer(name).c_str() != key.name) return {};
  return opened;
}

int remove_jail_of(const UniqueFd& descriptor) {
  return ::syscall(remove_by_descriptor, descriptor.get()) == 0 ? 0 : errno;
}

}  // namespace jaild::host
