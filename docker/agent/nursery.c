/* Starts agents by forking a small process: forking the tester, a large one, costs many times as much. */
#include "nursery.h"

#include "line.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void give_up(const char *what) {
  log_line("nursery: %s: %s", what, errno_name(errno));
  exit(1);
}

/* One write a line: children write to the same pipe. */
static __attribute__((format(printf, 1, 2))) void tell(const char *format, ...) {
  char text[64];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (write(STDOUT_FILENO, text, (size_t)length) < 0) give_up("standard output");
}

static int listen_on(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length == 0 || length > sizeof address.sun_path - 1) {
    log_line("nursery: a name has 1 to %zu bytes", sizeof address.sun_path - 1);
    exit(2);
  }
  memcpy(address.sun_path + 1, name, length);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) give_up("socket");
  if (bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) < 0) give_up(name);
  if (listen(fd, SOMAXCONN) < 0) give_up("listen");
  return fd;
}

static int watch_children(sigset_t *before) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &mask, before) < 0) give_up("sigprocmask");
  int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) give_up("signalfd");
  return fd;
}

/* One SIGCHLD may report several children. */
static void tell_of_ended(int signals) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) > 0) continue;
  int status;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    if (WIFSIGNALED(status)) tell("exited %d signal=%d\n", (int)pid, WTERMSIG(status));
    else tell("exited %d status=%d\n", (int)pid, WEXITSTATUS(status));
  }
}

static void become_agent(int connection, pid_t nursery, const sigset_t *before) {
  log_with_pid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) give_up("prctl PR_SET_PDEATHSIG");
  if (getppid() != nursery) exit(1); /* it died before the kernel took notice of our wish */
  if (sigprocmask(SIG_SETMASK, before, NULL) < 0) give_up("sigprocmask");
  if (unshare(CLONE_NEWNET) < 0) give_up("unshare of a network namespace");
  /* The log goes to the channel on which the nursery reports exits, so that it arrives before the exit. */
  if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0) give_up("dup2");
  if (dup2(connection, STDIN_FILENO) < 0 || dup2(connection, STDOUT_FILENO) < 0) give_up("dup2");
  close(connection);
}

bool nursery_serve(const char *name) {
  sigset_t before;
  int listener = listen_on(name);
  int signals = watch_children(&before);
  pid_t self = getpid();
  tell("nursery ready\n");
  for (;;) {
    struct pollfd polled[] = {
        {.fd = listener, .events = POLLIN}, {.fd = signals, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    if (poll(polled, 3, -1) < 0) {
      if (errno == EINTR) continue;
      give_up("poll");
    }
    if (polled[1].revents != 0) tell_of_ended(signals);
    if (polled[2].revents != 0) return false;
    if (polled[0].revents == 0) continue;
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) continue;
      give_up("accept");
    }
    pid_t child = fork();
    if (child < 0) log_line("nursery: fork: %s", errno_name(errno));
    if (child == 0) {
      close(listener);
      close(signals);
      become_agent(connection, self, &before);
      return true;
    }
    close(connection);
    tell("started %d\n", child < 0 ? 0 : (int)child);
  }
}
