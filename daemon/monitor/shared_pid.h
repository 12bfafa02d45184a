// A pid that a parent and what it forks both see.
#pragma once

#include <sys/mman.h>
#include <sys/types.h>

#include <atomic>
#include <memory>
#include <new>

namespace jaild::monitor {

// A page of shared memory, so that a fork does not separate it. Any process that holds it may set it, once.
class SharedPid {
 public:
  SharedPid() = default;  // holds none: 0 for ever
  // Empty when there is no memory.
  static SharedPid make() {
    SharedPid shared;
    void* page = ::mmap(nullptr, sizeof(Word), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) shared.word_.reset(new (page) Word(0));
    return shared;
  }

  explicit operator bool() const { return word_ != nullptr; }
  [[nodiscard]] pid_t get() const { return word_ ? word_->load(std::memory_order_acquire) : 0; }
  [[nodiscard]] pid_t* place() const { return reinterpret_cast<pid_t*>(word_.get()); }  // for the kernel to write to

 private:
  using Word = std::atomic<pid_t>;
  static_assert(sizeof(Word) == sizeof(pid_t) && Word::is_always_lock_free);
  struct Unmap {
    void operator()(Word* page) const { ::munmap(page, sizeof(Word)); }
  };
  std::unique_ptr<Word, Unmap> word_;
};

}  // namespace jaild::monitor
