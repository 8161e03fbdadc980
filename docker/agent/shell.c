/* A shell in a cell of the machine, on a terminal of the machine. */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUSYBOX "/bin/busybox"

/* In the child: a session of its own with the terminal, then the shell. */
static void become_shell(int namespace, int terminal, unsigned short rows, unsigned short columns) {
  sigset_t none;
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  if (!namespace_enter(namespace) || setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0) _exit(126);
  if (rows > 0) ioctl(terminal, TIOCSWINSZ, &size);
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (dup2(terminal, fd) < 0) _exit(126);
  for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) close(fd);
  setenv("PATH", "/bin", 1);
  setenv("HOME", "/", 1);
  setenv("TERM", "linux", 1);
  setenv("PS1", "guest:\\w# ", 1);
  if (chdir("/") < 0) _exit(126);
  execl(BUSYBOX, "busybox", "sh", "-c", "/bin/busybox --install -s /bin; exec /bin/busybox sh", (char *)NULL);
  _exit(127);
}

pid_t shell_start(int namespace, const char *device, unsigned short rows, unsigned short columns) {
  char path[64];
  snprintf(path, sizeof path, "/dev/%s", device);
  if (access(BUSYBOX, X_OK) < 0) return -1;
  int terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return -1;
  pid_t pid = fork();
  if (pid == 0) become_shell(namespace, terminal, rows, columns);
  int error = errno;
  close(terminal);
  errno = error;
  return pid;
}
