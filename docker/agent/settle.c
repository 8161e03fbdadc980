/* Work that the kernel has put off. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Read, it queues work on every processor and waits for it; work queued earlier runs first. */
static const char refresh[] = "/proc/sys/vm/stat_refresh";

bool settle_available(void) {
  return access(refresh, R_OK) == 0;
}

void command_settle(const struct request *request) {
  char nothing;
  int fd = open(refresh, O_RDONLY | O_CLOEXEC);
  /* Old kernels complain of their own numbers once the work is done. */
  if (fd < 0 || (read(fd, &nothing, 1) < 0 && errno != EINVAL)) answer_error(request->id, errno, "%s", refresh);
  else answer_done(request->id);
  if (fd >= 0) close(fd);
}
