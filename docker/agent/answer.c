/* Answer lines, and the way out of them that never blocks. */
#include "line.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *out;
static size_t out_used, out_room;
static bool out_closed;

static void put(const char *bytes, size_t count) {
  if (out_closed) return;
  if (out_used + count > out_room) {
    size_t room = out_room == 0 ? 4096 : out_room;
    while (room < out_used + count) room *= 2;
    char *grown = realloc(out, room);
    if (grown == NULL) {
      log_line("out of memory for answers (%zu bytes wait)", out_used);
      _exit(1);
    }
    out = grown;
    out_room = room;
  }
  memcpy(out + out_used, bytes, count);
  out_used += count;
}

static void put_text(const char *text) { put(text, strlen(text)); }

static void put_encoded(const char *text) {
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c > 0x20 && c != 0x7f && c != '%' && c != '=') {
      put(text, 1);
      continue;
    }
    char code[4];
    snprintf(code, sizeof code, "%%%02X", c);
    put(code, 3);
  }
}

void answer_ok(const char *id) {
  put_text(id);
  put_text(" ok");
}

void greeting_begin(void) { put_text("agent"); }

void answer_text(const char *key, const char *value) {
  put(" ", 1);
  put_text(key);
  put("=", 1);
  put_encoded(value);
}

void answer_number(const char *key, long long value) {
  char text[24];
  snprintf(text, sizeof text, "%lld", value);
  answer_text(key, text);
}

void answer_unsigned(const char *key, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  answer_text(key, text);
}

void answer_hex(const char *key, const void *bytes, size_t count) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *from = bytes;
  answer_text(key, "");
  for (size_t i = 0; i < count; i++) {
    char pair[2] = {digits[from[i] >> 4], digits[from[i] & 15]};
    put(pair, 2);
  }
}

void answer_end(void) { put("\n", 1); }

void answer_done(const char *id) {
  answer_ok(id);
  answer_end();
}

/* `<id><head> <text>` */
static void put_refusal(const char *id, const char *head, const char *format, va_list args) {
  char text[1024];
  vsnprintf(text, sizeof text, format, args);
  for (char *c = text; *c != '\0'; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  put_text(id);
  put_text(head);
  if (*text != '\0') put(" ", 1);
  put_text(text);
  put("\n", 1);
}

void answer_error(const char *id, int error, const char *format, ...) {
  char head[64];
  snprintf(head, sizeof head, " err %d %s", error, errno_name(error));
  va_list args;
  va_start(args, format);
  put_refusal(id, head, format, args);
  va_end(args);
}

void answer_bad(const char *id, const char *format, ...) {
  va_list args;
  va_start(args, format);
  put_refusal(id, " bad", format, args);
  va_end(args);
}

size_t output_waiting(void) { return out_used; }

/* A socket takes MSG_DONTWAIT; a pipe that polls writable takes PIPE_BUF bytes. O_NONBLOCK would reach its sharers. */
static ssize_t write_some(const char *bytes, size_t count) {
  ssize_t sent = send(STDOUT_FILENO, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  struct pollfd writable = {.fd = STDOUT_FILENO, .events = POLLOUT};
  if (poll(&writable, 1, 0) != 1) {
    errno = EAGAIN;
    return -1;
  }
  return write(STDOUT_FILENO, bytes, count < 4096 ? count : 4096);
}

void output_flush(void) {
  size_t done = 0;
  while (done < out_used) {
    ssize_t sent = write_some(out + done, out_used - done);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) {
      log_line("standard output is closed (%s): answers are dropped from here on", errno_name(errno));
      out_closed = true;
      out_used = 0;
      return;
    }
    if (sent < 0) break;
    done += (size_t)sent;
  }
  memmove(out, out + done, out_used - done);
  out_used -= done;
}

static bool log_has_pid;

void log_with_pid(void) { log_has_pid = true; }

void log_line(const char *format, ...) {
  char text[1024];
  if (log_has_pid) snprintf(text, sizeof text, "%d mptcp-agent: ", (int)getpid());
  else strcpy(text, "mptcp-agent: ");
  size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, sizeof text - used - 1, format, args);
  va_end(args);
  strcat(text, "\n");
  ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written; /* a log that nobody reads must not stop the agent */
}
