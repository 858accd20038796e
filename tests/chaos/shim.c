/* Preloaded into a supervisor and all that it starts: holds fsync back and shifts the wall clock, as a page says that
   is shared with the test. Build: cc -shared -fPIC -O2 -o shim.so shim.c */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct page {
  volatile int64_t clock_offset_s;
  volatile int64_t frozen;
  volatile int64_t held_back;
};

static struct page nothing;
static struct page *page = &nothing;

__attribute__((constructor)) static void open_page(void) {
  const char *path = getenv("CHAOS_PAGE");
  int descriptor = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (descriptor < 0)
    return;
  void *mapped = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (mapped != MAP_FAILED)
    page = mapped;
}

static void hold_back(void) {
  if (page->frozen)
    __sync_fetch_and_add(&page->held_back, 1);
  while (page->frozen)
    usleep(5000);
}

#define NEXT(kind, name)                                                                                              \
  static kind next;                                                                                                   \
  if (!next)                                                                                                          \
  next = (kind)dlsym(RTLD_NEXT, #name)

typedef int (*sync_call)(int);
typedef int (*clock_call)(clockid_t, struct timespec *);
typedef int (*day_call)(struct timeval *, void *);
typedef int (*wait_call)(sem_t *, const struct timespec *);

int fsync(int descriptor) {
  NEXT(sync_call, fsync);
  hold_back();
  return next(descriptor);
}

int fdatasync(int descriptor) {
  NEXT(sync_call, fdatasync);
  hold_back();
  return next(descriptor);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  NEXT(clock_call, clock_gettime);
  int result = next(clock, now);
  if (clock == CLOCK_REALTIME && result == 0)
    now->tv_sec += page->clock_offset_s;
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  NEXT(day_call, gettimeofday);
  int result = next(now, zone);
  if (result == 0)
    now->tv_sec += page->clock_offset_s;
  return result;
}

time_t time(time_t *where) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (where)
    *where = now.tv_sec;
  return now.tv_sec;
}

/* The deadline was made with the shifted clock, and the kernel knows only its own. */
int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline) {
  NEXT(wait_call, sem_timedwait);
  struct timespec moved = *deadline;
  moved.tv_sec -= page->clock_offset_s;
  return next(semaphore, &moved);
}
