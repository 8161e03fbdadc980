/*
 * The first process of a guest with many cells: starts an agent for each in a network namespace of its own, lends it
 * devices, and carries its lines over the one control device. See docs/agent-protocol.md, "Many cells in one machine".
 */
#include "machine.h"

#include "line.h"
#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define CELL_LIMIT 64
#define OUTPUT_HIGH (1 << 20) /* bytes that wait for the control device at which no more is read from agents */

struct cell {
  char name[CELL_NAME_LIMIT + 1]; /* empty: not in use */
  pid_t pid;                      /* 0: has ended */
  pid_t shell;                    /* 0: has none */
  int status;
  int talk, log, namespace;       /* -1: closed */
  struct buffer to, from, logged;
  struct cell_device devices[CELL_DEVICES];
  size_t device_count;
};

static struct cell cells[CELL_LIMIT];
static struct buffer input, output;
static bool off;

void buffer_add(struct buffer *buffer, const char *bytes, size_t count) {
  if (buffer->used + count > buffer->room) {
    size_t room = buffer->room == 0 ? 4096 : buffer->room;
    while (room < buffer->used + count) room *= 2;
    char *grown = realloc(buffer->bytes, room);
    if (grown == NULL) abort();
    buffer->bytes = grown;
    buffer->room = room;
  }
  memcpy(buffer->bytes + buffer->used, bytes, count);
  buffer->used += count;
}

void buffer_drop(struct buffer *buffer, size_t count) {
  memmove(buffer->bytes, buffer->bytes + count, buffer->used - count);
  buffer->used -= count;
}

void buffer_free(struct buffer *buffer) {
  free(buffer->bytes);
  *buffer = (struct buffer){0};
}

static void say(const char *cell, const char *what, const char *text, size_t count) {
  buffer_add(&output, cell, strlen(cell));
  buffer_add(&output, " ", 1);
  buffer_add(&output, what, strlen(what));
  if (count > 0) buffer_add(&output, " ", 1);
  buffer_add(&output, text, count);
  buffer_add(&output, "\n", 1);
}

static void refuse(const char *cell, const char *what, int error, const char *why) {
  char text[512];
  int length = snprintf(text, sizeof text, "%s: %s%s%s", what, errno_name(error), *why == '\0' ? "" : ": ", why);
  say(cell, "refused", text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

static struct cell *find(const char *name) {
  for (size_t i = 0; i < CELL_LIMIT; i++)
    if (cells[i].name[0] != '\0' && strcmp(cells[i].name, name) == 0) return &cells[i];
  return NULL;
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* In the child: nothing of the machine's own is left open but what an agent has. */
static bool become_agent(int namespace, int talk, int log) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGCHLD, SIG_DFL);
  if (!namespace_enter(namespace) || dup2(talk, STDIN_FILENO) < 0 || dup2(talk, STDOUT_FILENO) < 0 ||
      dup2(log, STDERR_FILENO) < 0)
    _exit(1);
  for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) close(fd);
  netlink_forget();
  return true;
}

/* Returns true in the child. */
static bool spawn(const char *name) {
  struct cell *cell = find(name);
  const char *problem = cell != NULL ? "this cell is in use" : "all cells are in use";
  for (size_t i = 0; cell == NULL && i < CELL_LIMIT; i++)
    if (cells[i].name[0] == '\0') {
      cell = &cells[i];
      problem = NULL;
    }
  if (problem != NULL) {
    refuse(name, "spawn", EBUSY, problem);
    return false;
  }
  int talk[2] = {-1, -1}, log[2] = {-1, -1};
  int namespace = namespace_make();
  pid_t pid = -1;
  if (namespace >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) == 0 && pipe2(log, O_CLOEXEC) == 0)
    pid = fork();
  if (pid == 0) return become_agent(namespace, talk[1], log[1]);
  int error = errno;
  close_fd(&talk[1]);
  close_fd(&log[1]);
  if (pid < 0) {
    close_fd(&talk[0]);
    close_fd(&log[0]);
    close_fd(&namespace);
    refuse(name, "spawn", error, "");
    return false;
  }
  fcntl(log[0], F_SETFL, O_NONBLOCK);
  *cell = (struct cell){.pid = pid, .talk = talk[0], .log = log[0], .namespace = namespace};
  strcpy(cell->name, name); /* its length was checked */
  return false;
}

static void lend(struct cell *cell, const char *own, const char *given) {
  const char *why = "";
  bool fits = cell->device_count < CELL_DEVICES && strlen(own) < 16 && strlen(given) < 16 && *given != '\0';
  int error = fits ? device_lend(cell->namespace, own, given, &why) : EINVAL;
  if (error != 0) {
    refuse(cell->name, "lend", error, why);
    return;
  }
  struct cell_device *device = &cell->devices[cell->device_count++];
  strcpy(device->own, own);
  strcpy(device->given, given);
  say(cell->name, "lent", given, strlen(given));
}

/* `shell DEVICE ROWS COLUMNS`: a shell in the cell's namespace on a terminal of the machine. */
static void give_shell(struct cell *cell, const char *text) {
  char device[32];
  unsigned short rows, columns;
  if (sscanf(text, "%31[a-z0-9] %hu %hu", device, &rows, &columns) != 3) {
    refuse(cell->name, "shell", EINVAL, "expected shell DEVICE ROWS COLUMNS");
    return;
  }
  pid_t pid = cell->shell > 0 ? -1 : shell_start(cell->namespace, device, rows, columns);
  if (pid < 0) refuse(cell->name, "shell", cell->shell > 0 ? EBUSY : errno, "");
  else cell->shell = pid;
}

/* A line for the machine itself. */
static void obey_self(const char *verb, const char *rest) {
  const char *why = "";
  int error = EINVAL;
  if (strcmp(verb, "trace") == 0) error = watch_event(rest, &why);
  else if (strcmp(verb, "dyndbg") == 0) error = watch_debug(rest, &why);
  else if (strcmp(verb, "flush") == 0) error = 0;
  else why = "expected trace EVENT, dyndbg QUERY, or flush";
  watch_read(&output);
  if (error != 0) refuse(MACHINE, verb, error, why);
  else say(MACHINE, "done", verb, strlen(verb));
}

/* Takes everything back from a cell whose agent is gone. */
static void bury(struct cell *cell) {
  const char *why = "";
  if (cell->shell > 0) kill(-cell->shell, SIGKILL);
  for (size_t i = 0; i < cell->device_count; i++) {
    int error = device_return(cell->namespace, &cell->devices[i], &why);
    if (error != 0) refuse(cell->name, "return", error, why);
  }
  char text[32];
  int length = WIFSIGNALED(cell->status) ? snprintf(text, sizeof text, "signal=%d", WTERMSIG(cell->status))
                                         : snprintf(text, sizeof text, "status=%d", WEXITSTATUS(cell->status));
  say(cell->name, "end", text, (size_t)length);
  close_fd(&cell->talk);
  close_fd(&cell->log);
  close_fd(&cell->namespace);
  buffer_free(&cell->to);
  buffer_free(&cell->from);
  buffer_free(&cell->logged);
  cell->name[0] = '\0';
}

/* Carries out one line of the control device. Returns true in the child of a `spawn`. */
static bool obey(char *line) {
  char *verb = strchr(line, ' ');
  if (strcmp(line, "off") == 0) off = true;
  if (verb == NULL) return false;
  *verb++ = '\0';
  char *rest = strchr(verb, ' ');
  if (rest != NULL) *rest++ = '\0';
  if (*line == '\0' || strlen(line) > CELL_NAME_LIMIT) return false;
  if (strcmp(line, MACHINE) == 0) {
    obey_self(verb, rest == NULL ? "" : rest);
    return false;
  }
  if (strcmp(verb, "spawn") == 0) return spawn(line);
  struct cell *cell = find(line);
  if (cell == NULL) {
    refuse(line, verb, ESRCH, "no such cell");
  } else if (strcmp(verb, "to") == 0) {
    if (rest != NULL) buffer_add(&cell->to, rest, strlen(rest));
    buffer_add(&cell->to, "\n", 1);
  } else if (strcmp(verb, "kill") == 0) {
    if (cell->pid > 0) kill(cell->pid, SIGKILL);
  } else if (strcmp(verb, "lend") == 0 && rest != NULL && strchr(rest, ' ') != NULL) {
    char *given = strchr(rest, ' ');
    *given++ = '\0';
    lend(cell, rest, given);
  } else if (strcmp(verb, "shell") == 0 && rest != NULL) {
    give_shell(cell, rest);
  } else {
    refuse(line, verb, EINVAL, "expected spawn, to, kill, lend DEVICE NAME, or shell DEVICE ROWS COLUMNS");
  }
  return false;
}

/* Obeys every whole line of the input. Returns true in the child of a `spawn`. */
static bool obey_all(void) {
  for (;;) {
    char *end = input.used == 0 ? NULL : memchr(input.bytes, '\n', input.used);
    if (end == NULL) return false;
    *end = '\0';
    size_t length = (size_t)(end - input.bytes);
    bool child = obey(input.bytes);
    if (child) return true;
    buffer_drop(&input, length + 1);
  }
}

/* Reads what there is and passes on whole lines. Returns false when nothing more can come. */
static bool pass_on(struct cell *cell, int fd, struct buffer *buffer, const char *what) {
  char bytes[16384];
  ssize_t got = read(fd, bytes, sizeof bytes);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  buffer_add(buffer, bytes, (size_t)got);
  for (char *end; buffer->used > 0 && (end = memchr(buffer->bytes, '\n', buffer->used)) != NULL;) {
    size_t length = (size_t)(end - buffer->bytes);
    say(cell->name, what, buffer->bytes, length);
    buffer_drop(buffer, length + 1);
  }
  return true;
}

static void hand_in(struct cell *cell) {
  ssize_t sent = send(cell->talk, cell->to.bytes, cell->to.used, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) buffer_drop(&cell->to, (size_t)sent);
  else if (errno != EAGAIN && errno != EINTR) cell->to.used = 0; /* it reads no more; its end will be told */
}

static void reap(void) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    for (size_t i = 0; i < CELL_LIMIT; i++) {
      if (cells[i].name[0] == '\0') continue;
      if (cells[i].pid == pid) {
        cells[i].pid = 0;
        cells[i].status = status;
      } else if (cells[i].shell == pid) {
        cells[i].shell = 0;
        say(cells[i].name, "left", "shell", 5);
      }
    }
}

/* What a cell's descriptors have to say; its end comes after its last words. */
static void attend(struct cell *cell, short talks, short logs) {
  if ((talks & POLLOUT) != 0) hand_in(cell);
  if (cell->pid == 0) {
    while (cell->log >= 0 && pass_on(cell, cell->log, &cell->logged, "log") && errno != EAGAIN) continue;
    fcntl(cell->talk, F_SETFL, O_NONBLOCK);
    errno = 0;
    while (pass_on(cell, cell->talk, &cell->from, "from") && errno != EAGAIN) continue;
    bury(cell);
    return;
  }
  if ((talks & ~POLLOUT) != 0 && !pass_on(cell, cell->talk, &cell->from, "from")) close_fd(&cell->talk);
  if (logs != 0 && !pass_on(cell, cell->log, &cell->logged, "log")) close_fd(&cell->log);
}

static bool write_out(int control) {
  ssize_t wrote = write(control, output.bytes, output.used);
  if (wrote > 0) buffer_drop(&output, (size_t)wrote);
  return wrote >= 0 || errno == EAGAIN || errno == EINTR;
}

/* A blocking write: the device takes it once someone listens at the other end. */
static void greet(int control) {
  struct utsname system;
  char text[256];
  uname(&system);
  int length = snprintf(text, sizeof text, "machine protocol=1 cells=%d kernel=%s\n", CELL_LIMIT, system.release);
  for (int done = 0; done < length;) {
    ssize_t wrote = write(control, text + done, (size_t)(length - done));
    if (wrote > 0) done += (int)wrote;
    else if (wrote < 0 && errno != EINTR && errno != EAGAIN) return;
  }
}

#define WATCHED (1 + 2 * CELL_LIMIT) /* place of the kernel's log and trace among what is polled */

/* Waits for news and deals with them. Returns true in the child of a `spawn`. */
static bool turn(int control, const sigset_t *mask) {
  static struct pollfd polled[3 + 2 * CELL_LIMIT];
  bool full = output.used > OUTPUT_HIGH;
  polled[0] = (struct pollfd){.fd = control, .events = (short)(POLLIN | (output.used > 0 ? POLLOUT : 0))};
  polled[WATCHED] = (struct pollfd){.fd = full ? -1 : watch_log_fd(), .events = POLLIN};
  polled[WATCHED + 1] = (struct pollfd){.fd = full ? -1 : watch_trace_fd(), .events = POLLIN};
  for (size_t i = 0; i < CELL_LIMIT; i++) {
    bool used = cells[i].name[0] != '\0';
    short talk = (short)((full ? 0 : POLLIN) | (cells[i].to.used > 0 ? POLLOUT : 0));
    polled[1 + 2 * i] = (struct pollfd){.fd = used ? cells[i].talk : -1, .events = talk};
    polled[2 + 2 * i] = (struct pollfd){.fd = used && !full ? cells[i].log : -1, .events = POLLIN};
  }
  int ready = ppoll(polled, sizeof polled / sizeof polled[0], NULL, mask);
  if (ready < 0) memset(polled, 0, sizeof polled);
  reap();
  if ((polled[WATCHED].revents | polled[WATCHED + 1].revents) != 0) watch_read(&output);
  if ((polled[0].revents & POLLIN) != 0) {
    char bytes[16384];
    ssize_t got = read(control, bytes, sizeof bytes);
    if (got == 0) off = true;
    if (got > 0) buffer_add(&input, bytes, (size_t)got);
    if (obey_all()) return true;
  } else if ((polled[0].revents & (POLLHUP | POLLERR)) != 0) {
    off = true; /* the other end has closed */
  }
  for (size_t i = 0; i < CELL_LIMIT; i++)
    if (cells[i].name[0] != '\0') attend(&cells[i], polled[1 + 2 * i].revents, polled[2 + 2 * i].revents);
  if (output.used > 0 && !write_out(control)) off = true;
  return false;
}

static void on_child(int number) { (void)number; }

bool machine_serve(const char *control) {
  struct sigaction child = {.sa_handler = on_child};
  sigset_t blocked, mask;
  sigaction(SIGCHLD, &child, NULL);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, &mask);
  signal(SIGPIPE, SIG_IGN);
  int fd = STDIN_FILENO; /* init_machine() has led it there */
  if (!devices_prepare()) log_line("init: devices cannot be prepared: %s", errno_name(errno));
  greet(fd);
  watch_begin();
  int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  while (!off)
    if (turn(fd, &mask)) return true;
  log_line("init: %s has ended", control);
  return false;
}
