/* What the machine's kernel says: its log, and the events that are traced. */
#include "machine.h"

#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing"
#define DYNAMIC_DEBUG "/sys/kernel/debug/dynamic_debug/control"
#define DYNAMIC_DEBUG_PROC "/proc/dynamic_debug/control"

static int log_fd = -1, trace_fd = -1;
static struct buffer traced; /* a line that has not ended yet */

void watch_begin(void) {
  log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (log_fd >= 0) lseek(log_fd, 0, SEEK_END);
}

int watch_log_fd(void) { return log_fd; }
int watch_trace_fd(void) { return trace_fd; }

/* Writes the whole text to a file that takes commands. Returns 0 or errno. */
static int put(const char *path, int flags, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
  if (fd < 0) return errno;
  int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
  close(fd);
  return error;
}

int watch_event(const char *event, const char **why) {
  if (mount("tracefs", TRACING, "tracefs", 0, NULL) < 0 && errno != EBUSY) {
    *why = "no tracefs: the kernel needs CONFIG_FTRACE and CONFIG_EVENT_TRACING";
    return errno;
  }
  /* Times of CLOCK_MONOTONIC. */
  put(TRACING "/trace_clock", O_TRUNC, "mono");
  int error = put(TRACING "/set_event", O_APPEND, event);
  if (error != 0) {
    *why = "no such event; " TRACING "/available_events has all";
    return error;
  }
  if (trace_fd < 0) trace_fd = open(TRACING "/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  return trace_fd < 0 ? errno : 0;
}

int watch_debug(const char *query, const char **why) {
  int error = put(DYNAMIC_DEBUG_PROC, 0, query);
  if (error == ENOENT) {
    mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
    error = put(DYNAMIC_DEBUG, 0, query);
  }
  if (error == ENOENT) *why = "the kernel needs CONFIG_DYNAMIC_DEBUG";
  else if (error != 0) *why = "not a query of dynamic debug";
  return error;
}

static void say(const char *what, const char *text, size_t count, struct buffer *output) {
  struct timespec now;
  char head[64];
  clock_gettime(CLOCK_MONOTONIC, &now);
  int length = snprintf(head, sizeof head, "machine %s %lld.%06ld ", what, (long long)now.tv_sec, now.tv_nsec / 1000);
  buffer_add(output, head, (size_t)length);
  buffer_add(output, text, count);
  buffer_add(output, "\n", 1);
}

static void read_log(struct buffer *output) {
  char record[8192];
  for (;;) {
    ssize_t got = read(log_fd, record, sizeof record - 1);
    if (got < 0 && errno == EPIPE) continue; /* records were overwritten before they were read */
    if (got <= 0) return;
    record[got] = '\0';
    /* What follows the first line are fields of the device. */
    say("kmsg", record, strcspn(record, "\n"), output);
  }
}

static void read_trace(struct buffer *output) {
  char bytes[16384];
  ssize_t got;
  while ((got = read(trace_fd, bytes, sizeof bytes)) > 0) {
    buffer_add(&traced, bytes, (size_t)got);
    for (char *end; traced.used > 0 && (end = memchr(traced.bytes, '\n', traced.used)) != NULL;) {
      size_t length = (size_t)(end - traced.bytes);
      say("event", traced.bytes, length, output);
      buffer_drop(&traced, length + 1);
    }
  }
}

void watch_read(struct buffer *output) {
  if (log_fd >= 0) read_log(output);
  if (trace_fd >= 0) read_trace(output);
}
