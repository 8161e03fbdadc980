/* Sockets by the names that requests give them. */
#include "operation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANDLE_LIMIT 1024

static struct handle *handles[HANDLE_LIMIT];
static size_t used;
static unsigned next_number = 1;

struct handle *handle_find(const char *name) {
  for (size_t i = 0; i < used; i++)
    if (strcmp(handles[i]->name, name) == 0) return handles[i];
  return NULL;
}

bool handle_name_usable(const char *name) {
  if (used == HANDLE_LIMIT) {
    errno = ENFILE;
    return false;
  }
  if (name == NULL) return true;
  errno = EINVAL;
  if (*name == '\0' || strlen(name) > NAME_LIMIT) return false;
  errno = EEXIST;
  return handle_find(name) == NULL;
}

struct handle *handle_add(const char *name, int fd, int family) {
  if (!handle_name_usable(name)) return NULL;
  struct handle *handle = calloc(1, sizeof *handle);
  if (handle == NULL) return NULL;
  if (name != NULL) {
    strcpy(handle->name, name); /* its length was checked */
  } else {
    do snprintf(handle->name, sizeof handle->name, "%u", next_number++);
    while (handle_find(handle->name) != NULL);
  }
  handle->fd = fd;
  handle->family = family;
  handle->connect_error = -1;
  handles[used++] = handle;
  return handle;
}

struct handle *handle_need(const struct request *request) {
  const char *name = arg_need(request, "fd");
  if (name == NULL) return NULL;
  struct handle *handle = handle_find(name);
  if (handle == NULL) answer_bad(request->id, "fd=%s: no such socket; %zu are open", name, used);
  return handle;
}

/*
 * With SO_LINGER set to some seconds close() blocks, O_NONBLOCK or not, for whoever closes last. A child does that in
 * our place, when the end of the pipe tells that we have closed. It lets go of every other descriptor, lest it keep
 * connections open or hold the requester's pipes.
 */
static bool close_in_child(int fd) {
  int done[2];
  if (pipe(done) != 0) return false;
  signal(SIGCHLD, SIG_IGN);
  pid_t pid = fork();
  if (pid == 0) {
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 4096) limit = 4096;
    for (int other = 0; other < limit; other++)
      if (other != fd && other != done[0]) close(other);
    char byte;
    while (read(done[0], &byte, 1) < 0 && errno == EINTR) continue;
    close(fd);
    _exit(0);
  }
  if (pid > 0) close(fd);
  close(done[0]);
  close(done[1]);
  return pid > 0;
}

void handle_close(struct handle *handle) {
  operation_cancel(handle);
  struct linger linger = {0};
  socklen_t size = sizeof linger;
  bool lingers = getsockopt(handle->fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0 && linger.l_onoff != 0;
  if (!lingers || linger.l_linger == 0) {
    close(handle->fd);
  } else if (!close_in_child(handle->fd)) {
    log_line("fork: %s; close of %s blocks for its linger time", errno_name(errno), handle->name);
    close(handle->fd);
  }
  for (size_t i = 0; i < used; i++) {
    if (handles[i] != handle) continue;
    handles[i] = handles[--used];
    break;
  }
  free(handle);
}

/* Resets connections; otherwise they would remain and send to the next owner of the peer's address. */
size_t handle_abort_all(void) {
  size_t count = used;
  struct linger at_once = {.l_onoff = 1};
  for (size_t i = 0; i < used; i++)
    setsockopt(handles[i]->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once); /* any socket takes it */
  while (used > 0) handle_close(handles[used - 1]);
  next_number = 1;
  return count;
}

size_t handle_count(void) { return used; }
