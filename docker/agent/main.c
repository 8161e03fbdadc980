/* The agent: a poll() loop over standard input, standard output and whatever waits. See docs/agent-protocol.md. */
#include "command.h"
#include "init.h"
#include "machine.h"
#include "nursery.h"
#include "operation.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define OUTPUT_HIGH (1 << 20) /* bytes of unread answers at which no further requests are read */
#define POLL_ROOM 4098

static char line[LINE_LIMIT + 1];
static size_t line_used;
static bool line_too_long;

static void refuse_long_line(void) {
  line[256] = '\0'; /* enough for the id */
  struct request request;
  request_parse(line, &request);
  answer_bad(request.id, "a line has at most %d bytes", LINE_LIMIT);
}

static void end_line(void) {
  if (line_too_long) {
    refuse_long_line();
  } else {
    if (line_used > 0 && line[line_used - 1] == '\r') line_used--;
    bool has_nul = memchr(line, '\0', line_used) != NULL;
    for (size_t i = 0; has_nul && i < line_used; i++)
      if (line[i] == '\0') line[i] = '\1'; /* refused as a control character */
    line[line_used] = '\0';
    command_serve(line);
  }
  line_used = 0;
  line_too_long = false;
}

static void take(const char *bytes, size_t count) {
  for (size_t i = 0; i < count && !exit_requested; i++) {
    if (bytes[i] == '\n') end_line();
    else if (line_used < LINE_LIMIT) line[line_used++] = bytes[i];
    else line_too_long = true;
  }
}

/* Returns false at the end of standard input. A line counts only when its newline has come. */
static bool read_requests(void) {
  char bytes[16384];
  ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) return false;
  take(bytes, (size_t)got);
  return true;
}

static void serve(void) {
  static struct pollfd polled[POLL_ROOM];
  while (!exit_requested) {
    bool full = output_waiting() > OUTPUT_HIGH;
    polled[0] = (struct pollfd){.fd = STDIN_FILENO, .events = full ? 0 : POLLIN};
    polled[1] = (struct pollfd){.fd = output_waiting() > 0 ? STDOUT_FILENO : -1, .events = POLLOUT};
    size_t count = operation_poll(polled + 2, POLL_ROOM - 2);
    if (poll(polled, count + 2, operation_wait_ms()) < 0) {
      if (errno == EINTR) continue;
      log_line("poll: %s", errno_name(errno));
      exit(1);
    }
    operation_run(polled + 2, count);
    if (polled[0].revents != 0 && (full || !read_requests())) break;
    output_flush();
  }
}

static void die_with_parent(void) {
  pid_t parent = getppid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) {
    log_line("prctl PR_SET_PDEATHSIG: %s", errno_name(errno));
    exit(1);
  }
  if (getppid() != parent) exit(1); /* it died before the kernel took notice of our wish */
}

/* Reads the command line; returns false when it holds something else. */
static bool read_arguments(int argc, char **argv) {
  bool init = false, cells = false;
  const char *control = NULL, *nursery = NULL;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--die-with-parent") == 0) die_with_parent();
    else if (strcmp(argv[i], "--init") == 0) init = true;
    else if (strcmp(argv[i], "--cells") == 0) cells = true;
    else if (strncmp(argv[i], "--control=", 10) == 0) control = argv[i] + 10;
    else if (strncmp(argv[i], "--nursery=", 10) == 0) nursery = argv[i] + 10;
    else if (getpid() == 1 && argv[i][0] != '-') continue; /* a kernel hands on words that it does not know itself */
    else {
      log_line("%s: unknown argument; expected --die-with-parent, --nursery=<name>, --init, --control=<device> or --cells",
               argv[i]);
      return false;
    }
  }
  if ((control != NULL && !init) || (cells && control == NULL)) {
    log_line("--control= goes with --init, and --cells with --control=");
    return false;
  }
  if (init && nursery != NULL) {
    log_line("--nursery= does not go with --init");
    return false;
  }
  if (init) init_machine(control);
  if (cells && !machine_serve(control)) {
    init_power_off();
    exit(0);
  }
  if (nursery != NULL && !nursery_serve(nursery)) exit(0);
  return true;
}

int main(int argc, char **argv) {
  if (!read_arguments(argc, argv)) return 2;
  signal(SIGPIPE, SIG_IGN);
  greeting_begin();
  answer_identity();
  answer_end();
  output_flush();
  serve();
  output_flush();
  init_power_off();
  return 0;
}
