/* Sockets by name, and operations that wait for them. */
#ifndef AGENT_OPERATION_H
#define AGENT_OPERATION_H

#include "line.h"

#include <poll.h>

#define NAME_LIMIT 64
#define DEFAULT_TIMEOUT_MS 8000
#define MAX_TIMEOUT_MS 3600000

/* One socket. */
struct handle {
  char name[NAME_LIMIT + 1];
  int fd;
  int family;
  bool connecting;   /* a connect() is under way */
  int connect_error; /* how the last connect() ended: errno, 0 when established, -1 when there was none */
  uint64_t sent;     /* bytes of the stream handed to the kernel */
  uint64_t received; /* bytes of the stream taken from the kernel */
};

/* Makes a handle that owns fd; NULL takes the next free number. Fails with EEXIST, EINVAL, ENFILE or ENOMEM. */
struct handle *handle_add(const char *name, int fd, int family);
/* Whether handle_add would take the name; otherwise errno is set. */
bool handle_name_usable(const char *name);
struct handle *handle_find(const char *name);
/* The socket that `fd=` names. Answers `bad` and returns NULL when there is none. */
struct handle *handle_need(const struct request *request);
/* Closes the socket without blocking; what waits for it is answered ECANCELED. */
void handle_close(struct handle *handle);
/* Closes all; returns how many there were. */
size_t handle_abort_all(void);
size_t handle_count(void);

/* Something that waits. Operations of one kind on one socket run one after the other, in the order of requests. */
struct operation {
  struct operation *next;
  char id[ID_LIMIT + 1];
  struct handle *handle; /* NULL when it waits for no socket */
  int fd;                /* what is polled; -1 for nothing */
  short events;
  int64_t deadline;      /* milliseconds, monotonic clock */
  /* Goes on; true when it has answered. `revents` is 0 at the first call. */
  bool (*attempt)(struct operation *operation, short revents);
  /* What was done so far, as text for an error answer; may be NULL. */
  void (*progress)(const struct operation *operation, char *text, size_t room);
  /* Frees `state`; may be NULL. */
  void (*release)(struct operation *operation);
  void *state;
};

/* Monotonic clock, milliseconds. */
int64_t now_ms(void);

/*
 * Starts an operation: tries it at once, keeps it when it has to wait. Takes over `state` in every case.
 * Reads `timeout=` from the request.
 */
void operation_start(const struct request *request, struct operation operation);
/* Answers an error with the progress so far. */
void operation_fail(const struct operation *operation, int error);
/* Answers ECANCELED for what waits for a socket; NULL for everything. */
void operation_cancel(const struct handle *handle);
bool operation_is_first(const struct operation *operation);
size_t operation_count(void);
/* Fills in what to poll for, at most `room` entries; returns their count. */
size_t operation_poll(struct pollfd *polled, size_t room);
/* Goes on with what poll() reported and ends what is late. */
void operation_run(const struct pollfd *polled, size_t count);
/* Milliseconds to the next deadline, -1 for none. */
int operation_wait_ms(void);

#endif
