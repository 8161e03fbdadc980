/* Sysctls, with what is needed to put them back. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUE_LIMIT 4096

struct saved {
  struct saved *next;
  char path[256];
  char value[]; /* as first found */
};

static struct saved *saved;

/* `net.mptcp.enabled` or `net/mptcp/enabled`; the second form is for names that hold dots (a VLAN device). */
static bool arg_path(const struct request *request, char path[256]) {
  const char *name = arg_need(request, "name");
  if (name == NULL) return false;
  bool plain = strchr(name, '/') == NULL;
  if (strlen(name) > 200 || *name == '/' || strstr(name, "..") != NULL) {
    answer_bad(request->id, "name=%.200s: expected a name below /proc/sys", name);
    return false;
  }
  int head = sprintf(path, "/proc/sys/");
  strcpy(path + head, name);
  for (char *c = path + head; plain && *c != '\0'; c++)
    if (*c == '.') *c = '/';
  return true;
}

/* Reads a value without its newline. Returns 0 or errno. */
static int read_value(const char *path, char value[VALUE_LIMIT]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno;
  ssize_t got = read(fd, value, VALUE_LIMIT - 1);
  int error = got < 0 ? errno : 0;
  close(fd);
  if (error != 0) return error;
  while (got > 0 && value[got - 1] == '\n') got--;
  value[got] = '\0';
  return 0;
}

static int write_value(const char *path, const char *value) {
  int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno;
  size_t length = strlen(value);
  /* An empty write() does nothing: a sysctl is emptied by a newline. */
  ssize_t written = length == 0 ? write(fd, "\n", 1) : write(fd, value, length);
  int error = written < 0 ? errno : 0;
  close(fd);
  return error;
}

static int remember(const char *path) {
  for (const struct saved *s = saved; s != NULL; s = s->next)
    if (strcmp(s->path, path) == 0) return 0;
  char value[VALUE_LIMIT];
  int error = read_value(path, value);
  if (error != 0) return error;
  struct saved *entry = malloc(sizeof *entry + strlen(value) + 1);
  if (entry == NULL) return ENOMEM;
  strcpy(entry->path, path);
  strcpy(entry->value, value);
  entry->next = saved;
  saved = entry;
  return 0;
}

void command_sysctl_set(const struct request *request) {
  char path[256];
  if (!arg_path(request, path)) return;
  const char *value = arg_text(request, "value");
  if (value == NULL) {
    answer_bad(request->id, "sysctl-set needs value=");
    return;
  }
  int error = remember(path);
  if (error == 0) error = write_value(path, value);
  if (error != 0) answer_error(request->id, error, "%s", path);
  else answer_done(request->id);
}

void command_sysctl_get(const struct request *request) {
  char path[256], value[VALUE_LIMIT];
  if (!arg_path(request, path)) return;
  int error = read_value(path, value);
  if (error != 0) {
    answer_error(request->id, error, "%s", path);
    return;
  }
  answer_ok(request->id);
  answer_text("value", value);
  answer_end();
}

int sysctl_restore(const char **failed) {
  int count = 0;
  static char path[256];
  *failed = NULL;
  while (saved != NULL) {
    struct saved *entry = saved;
    saved = entry->next;
    if (write_value(entry->path, entry->value) != 0 && *failed == NULL) {
      strcpy(path, entry->path);
      *failed = path;
    }
    free(entry);
    count++;
  }
  return *failed == NULL ? count : -1;
}

void sysctl_mark(void) {
  while (saved != NULL) {
    struct saved *entry = saved;
    saved = entry->next;
    free(entry);
  }
}
