/* Counters of the kernel's network stack. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a whole file of /proc, whose size is known only at its end. NULL and errno when it cannot be read. */
static char *read_file(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  size_t used = 0, room = 16384;
  char *text = malloc(room);
  for (;;) {
    if (text == NULL) break;
    ssize_t got = read(fd, text + used, room - used - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      free(text);
      text = NULL;
    }
    if (got <= 0) break;
    used += (size_t)got;
    if (used + 1 < room) continue;
    char *grown = realloc(text, room *= 2);
    if (grown == NULL) free(text);
    text = grown;
  }
  int error = errno;
  close(fd);
  errno = error;
  if (text != NULL) text[used] = '\0';
  return text;
}

static void answer_counter(const char *prefix, const char *section, const char *name, const char *value) {
  char key[256];
  snprintf(key, sizeof key, "%s%s%s", section, *section == '\0' ? "" : ".", name);
  if (strncmp(key, prefix, strlen(prefix)) == 0) answer_text(key, value);
}

/* Two lines a section: `Name: a b c` and `Name: 1 2 3`. */
static void answer_pairs(const char *prefix, char *text) {
  char *line_state;
  for (char *line = strtok_r(text, "\n", &line_state); line != NULL; line = strtok_r(NULL, "\n", &line_state)) {
    char *values = strtok_r(NULL, "\n", &line_state);
    if (values == NULL) return;
    char *name_state, *value_state;
    char *section = strtok_r(line, ": ", &name_state);
    strtok_r(values, ": ", &value_state);
    for (;;) {
      char *name = strtok_r(NULL, " ", &name_state), *value = strtok_r(NULL, " ", &value_state);
      if (name == NULL || value == NULL) break;
      answer_counter(prefix, section, name, value);
    }
  }
}

/* One counter a line, as /proc/net/snmp6 has them. */
static void answer_lines(const char *prefix, char *text) {
  char *line_state, *word_state;
  for (char *line = strtok_r(text, "\n", &line_state); line != NULL; line = strtok_r(NULL, "\n", &line_state)) {
    char *name = strtok_r(line, " \t", &word_state), *value = strtok_r(NULL, " \t", &word_state);
    if (name != NULL && value != NULL) answer_counter(prefix, "", name, value);
  }
}

void command_counters(const struct request *request) {
  const char *prefix = arg_text(request, "prefix");
  if (prefix == NULL) prefix = "";
  char *netstat = read_file("/proc/net/netstat");
  char *snmp = netstat == NULL ? NULL : read_file("/proc/net/snmp");
  char *snmp6 = snmp == NULL ? NULL : read_file("/proc/net/snmp6"); /* absent without IPv6 */
  if (snmp == NULL) {
    answer_error(request->id, errno, "%s", netstat == NULL ? "/proc/net/netstat" : "/proc/net/snmp");
  } else {
    answer_ok(request->id);
    answer_pairs(prefix, netstat);
    answer_pairs(prefix, snmp);
    if (snmp6 != NULL) answer_lines(prefix, snmp6);
    answer_end();
  }
  free(netstat);
  free(snmp);
  free(snmp6);
}
