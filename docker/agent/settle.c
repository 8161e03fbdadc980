/* Deferred work of the kernel (workqueues). */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Reading it queues work on every processor and waits for it; work queued earlier runs first. */
static const char refresh[] = "/proc/sys/vm/stat_refresh";

bool settle_available(void) {
  return access(refresh, R_OK) == 0;
}

void command_settle(const struct request *request) {
  char nothing;
  int fd = open(refresh, O_RDONLY | O_CLOEXEC);
  /* Old kernels warn about their own counters once the work is done. */
  if (fd < 0 || (read(fd, &nothing, 1) < 0 && errno != EINVAL)) answer_error(request->id, errno, "%s", refresh);
  else answer_done(request->id);
  if (fd >= 0) close(fd);
}
