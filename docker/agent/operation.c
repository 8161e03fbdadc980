/* Operations that wait, and their time limits. */
#include "operation.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct operation *first;

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* An earlier operation of the same kind on the same socket goes first. */
static bool has_to_queue(const struct operation *operation) {
  if (operation->handle == NULL) return false;
  for (const struct operation *o = first; o != NULL && o != operation; o = o->next)
    if (o->handle == operation->handle && o->attempt == operation->attempt) return true;
  return false;
}

static void release(struct operation *operation) {
  if (operation->release != NULL) operation->release(operation);
  free(operation);
}

void operation_start(const struct request *request, struct operation given) {
  long long timeout = DEFAULT_TIMEOUT_MS;
  struct operation *operation = malloc(sizeof *operation);
  bool usable = arg_number(request, "timeout", 0, MAX_TIMEOUT_MS, &timeout);
  if (!usable || operation == NULL) {
    if (usable) answer_error(request->id, ENOMEM, "no memory for the operation");
    if (given.release != NULL) given.release(&given);
    free(operation);
    return;
  }
  *operation = given;
  operation->next = NULL;
  strncpy(operation->id, request->id, ID_LIMIT);
  operation->id[ID_LIMIT] = '\0';
  operation->deadline = now_ms() + timeout;
  if (!has_to_queue(operation) && operation->attempt(operation, 0)) {
    release(operation);
    return;
  }
  struct operation **end = &first;
  while (*end != NULL) end = &(*end)->next;
  *end = operation;
}

void operation_fail(const struct operation *operation, int error) {
  char text[512] = "";
  if (operation->progress != NULL) operation->progress(operation, text, sizeof text);
  answer_error(operation->id, error, "%s", text);
}

void operation_cancel(const struct handle *handle) {
  struct operation **at = &first;
  while (*at != NULL) {
    struct operation *operation = *at;
    if (handle != NULL && operation->handle != handle) {
      at = &operation->next;
      continue;
    }
    operation_fail(operation, ECANCELED);
    *at = operation->next;
    release(operation);
  }
}

bool operation_is_first(const struct operation *operation) { return first == NULL || first == operation; }

size_t operation_count(void) {
  size_t count = 0;
  for (const struct operation *o = first; o != NULL; o = o->next) count++;
  return count;
}

size_t operation_poll(struct pollfd *polled, size_t room) {
  size_t count = 0;
  for (const struct operation *o = first; o != NULL && count < room; o = o->next) {
    /* poll() skips a negative descriptor. */
    polled[count++] = (struct pollfd){.fd = has_to_queue(o) ? -1 : o->fd, .events = o->events};
  }
  return count;
}

void operation_run(const struct pollfd *polled, size_t count) {
  int64_t now = now_ms();
  struct operation **at = &first;
  /* Entry i belongs to the i-th operation: attempts add and remove none but through this loop. */
  for (size_t i = 0; i < count && *at != NULL; i++) {
    struct operation *operation = *at;
    bool due = operation->fd < 0 || polled[i].revents != 0;
    bool done = due && operation->attempt(operation, polled[i].revents);
    if (!done && now >= operation->deadline) {
      operation_fail(operation, ETIMEDOUT);
      done = true;
    }
    if (done) {
      *at = operation->next;
      release(operation);
    } else {
      at = &operation->next;
    }
  }
}

int operation_wait_ms(void) {
  if (first == NULL) return -1;
  int64_t nearest = INT64_MAX;
  for (const struct operation *o = first; o != NULL; o = o->next)
    if (o->deadline < nearest) nearest = o->deadline;
  int64_t wait = nearest - now_ms();
  return wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}
