/* One machine, many agents: the first process of a guest starts an agent for each cell and carries their lines. */
#ifndef AGENT_MACHINE_H
#define AGENT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MACHINE "machine" /* in place of a cell's name: the machine itself */
#define CELL_NAME_LIMIT 32
#define CELL_DEVICES 8 /* devices that one cell may hold */

/* A device of the machine that a cell has for its time. */
struct cell_device {
  char given[16]; /* its name within the cell */
  char own[16];   /* its name outside */
};

/* Bytes that wait for someone. */
struct buffer {
  char *bytes;
  size_t used, room;
};

void buffer_add(struct buffer *buffer, const char *bytes, size_t count);
void buffer_drop(struct buffer *buffer, size_t count);
void buffer_free(struct buffer *buffer);

/* Makes a network namespace and goes back to the own one. Returns its descriptor, or -1 with errno. */
int namespace_make(void);
/* Makes this process a member of the namespace. */
bool namespace_enter(int fd);
/* Numbers the devices by their places on the bus, and gives each but lo no ARP: each end of a link takes its own hardware address for the other's. */
bool devices_prepare(void);
/* Moves a device out of this namespace and names it. Returns 0 or errno; *why says more. */
int device_lend(int namespace, const char *own, const char *given, const char **why);
/* Fetches a device back from a namespace, down and with its own name. Returns 0 or errno; *why says more. */
int device_return(int namespace, const struct cell_device *device, const char **why);

/* Opens the kernel's log; what it holds already is passed over. */
void watch_begin(void);
/* Descriptors to poll for input; -1 where there is none. */
int watch_log_fd(void);
int watch_trace_fd(void);
/* Traces an event, such as `mptcp:*`, from now on. Returns 0 or errno; *why says more. */
int watch_event(const char *event, const char **why);
/* Gives a query to dynamic debug. Returns 0 or errno; *why says more. */
int watch_debug(const char *query, const char **why);
/* Appends what there is to say: `machine kmsg SECONDS RECORD` and `machine event SECONDS LINE`, with CLOCK_MONOTONIC. */
void watch_read(struct buffer *output);

/* Starts a shell in a namespace on the terminal /dev/<device>. Returns its pid, or -1 with errno. */
pid_t shell_start(int namespace, const char *device, unsigned short rows, unsigned short columns);

/*
 * Serves the control device until it says `off` or is closed: lines in, lines out. In the agent of a cell it returns
 * true, with standard input and output led to it; in the machine's own process it returns false at the end.
 */
bool machine_serve(const char *control);

#endif
