/* The agent as the first process of a virtual machine: nothing else is there to prepare the system for it. */
#include "init.h"

#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define MODULES "/modules"
#define DEVICE_WAIT_MS 60000
#define DEVICE_RETRY_MS 20

static bool prepared; /* only a machine that this process set up is turned off by it */

static void give_up(const char *what) {
  log_line("init: %s: %s", what, errno_name(errno));
  init_power_off();
  exit(1);
}

/* A kernel may have mounted /dev itself; what is there already is left as it is. */
static void mount_at(const char *type, const char *path) {
  if (mkdir(path, 0755) < 0 && errno != EEXIST) give_up(path);
  if (mount(type, path, type, 0, NULL) < 0 && errno != EBUSY) give_up(path);
}

static void load_module(const char *name) {
  char path[512];
  snprintf(path, sizeof path, MODULES "/%s", name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) give_up(path);
  if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST) give_up(path);
  close(fd);
}

static void load_modules(void) {
  FILE *order = fopen(MODULES "/order", "re");
  if (order == NULL && errno == ENOENT) return; /* everything is built in */
  if (order == NULL) give_up(MODULES "/order");
  char name[256];
  while (fgets(name, sizeof name, order) != NULL) {
    name[strcspn(name, "\n")] = '\0';
    if (*name != '\0') load_module(name);
  }
  fclose(order);
}

/* Drivers find their devices in their own time: wait for news from /dev until the device can be opened. */
static int open_control(const char *control) {
  int news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (news < 0 || inotify_add_watch(news, "/dev", IN_CREATE | IN_ATTRIB) < 0) give_up("/dev");
  for (int waited = 0;;) {
    char events[4096];
    int fd = open(control, O_RDWR | O_NOCTTY);
    if (fd >= 0) {
      close(news);
      return fd;
    }
    if (errno != ENOENT && errno != ENODEV && errno != ENXIO) give_up(control);
    struct pollfd polled = {.fd = news, .events = POLLIN};
    /* A device that is there but not ready yet gives no event when it is. */
    if (poll(&polled, 1, DEVICE_RETRY_MS) == 0 && (waited += DEVICE_RETRY_MS) >= DEVICE_WAIT_MS) {
      errno = ENODEV;
      give_up(control);
    }
    while (read(news, events, sizeof events) > 0) continue;
  }
}

/* A terminal must neither echo requests nor change newlines. */
static void make_raw(int fd) {
  struct termios terminal;
  if (tcgetattr(fd, &terminal) < 0) return; /* no terminal */
  cfmakeraw(&terminal);
  if (tcsetattr(fd, TCSANOW, &terminal) < 0) give_up("tcsetattr");
}

/* The kernel starts /init without standard descriptors when it has no console: no socket may take their numbers. */
static void open_standard_descriptors(void) {
  int fd = open("/dev/console", O_RDWR | O_NOCTTY);
  if (fd < 0) fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd < STDERR_FILENO) fd = dup(fd);
  if (fd > STDERR_FILENO) close(fd);
}

void init_machine(const char *control) {
  prepared = true;
  mount_at("proc", "/proc");
  mount_at("sysfs", "/sys");
  mount_at("devtmpfs", "/dev");
  if (fcntl(STDERR_FILENO, F_GETFD) < 0) open_standard_descriptors();
  load_modules();
  if (control == NULL) return;
  int fd = open_control(control);
  make_raw(fd);
  if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0) give_up("dup2");
  if (fd > STDERR_FILENO) close(fd);
}

void init_power_off(void) {
  if (!prepared || getpid() != 1) return;
  sync();
  reboot(RB_POWER_OFF);
  log_line("init: reboot: %s", errno_name(errno));
}
