/* Socket options by name or by number. */
#include "command.h"
#include "operation.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SOL_MPTCP_NUMBER 284 /* SOL_MPTCP, linux/socket.h */

enum shape { INTEGER, TEXT, LINGER };

static const struct {
  const char *name;
  int level;
} levels[] = {{"SOL_SOCKET", SOL_SOCKET},     {"SOL_TCP", IPPROTO_TCP},   {"IPPROTO_TCP", IPPROTO_TCP},
              {"SOL_IP", IPPROTO_IP},         {"IPPROTO_IP", IPPROTO_IP}, {"SOL_IPV6", IPPROTO_IPV6},
              {"IPPROTO_IPV6", IPPROTO_IPV6}, {"SOL_MPTCP", SOL_MPTCP_NUMBER}};

struct option {
  const char *name;
  int level;
  int number;
  enum shape shape;
};

#define OPTION(level, name, shape) {#name, level, name, shape}

static const struct option options[] = {
    OPTION(SOL_SOCKET, SO_LINGER, LINGER),          OPTION(SOL_SOCKET, SO_RCVBUF, INTEGER),
    OPTION(SOL_SOCKET, SO_SNDBUF, INTEGER),         OPTION(SOL_SOCKET, SO_REUSEADDR, INTEGER),
    OPTION(SOL_SOCKET, SO_REUSEPORT, INTEGER),      OPTION(SOL_SOCKET, SO_KEEPALIVE, INTEGER),
    OPTION(SOL_SOCKET, SO_ERROR, INTEGER),          OPTION(SOL_SOCKET, SO_PROTOCOL, INTEGER),
    OPTION(SOL_SOCKET, SO_DOMAIN, INTEGER),         OPTION(SOL_SOCKET, SO_TYPE, INTEGER),
    OPTION(SOL_SOCKET, SO_ACCEPTCONN, INTEGER),     OPTION(SOL_SOCKET, SO_OOBINLINE, INTEGER),
    OPTION(SOL_SOCKET, SO_PRIORITY, INTEGER),       OPTION(SOL_SOCKET, SO_MARK, INTEGER),
    OPTION(SOL_SOCKET, SO_INCOMING_CPU, INTEGER),   OPTION(SOL_SOCKET, SO_RCVLOWAT, INTEGER),
    OPTION(SOL_SOCKET, SO_BINDTODEVICE, TEXT),      OPTION(IPPROTO_TCP, TCP_NODELAY, INTEGER),
    OPTION(IPPROTO_TCP, TCP_CORK, INTEGER),         OPTION(IPPROTO_TCP, TCP_MAXSEG, INTEGER),
    OPTION(IPPROTO_TCP, TCP_KEEPIDLE, INTEGER),     OPTION(IPPROTO_TCP, TCP_KEEPINTVL, INTEGER),
    OPTION(IPPROTO_TCP, TCP_KEEPCNT, INTEGER),      OPTION(IPPROTO_TCP, TCP_SYNCNT, INTEGER),
    OPTION(IPPROTO_TCP, TCP_LINGER2, INTEGER),      OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT, INTEGER),
    OPTION(IPPROTO_TCP, TCP_WINDOW_CLAMP, INTEGER), OPTION(IPPROTO_TCP, TCP_QUICKACK, INTEGER),
    OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, INTEGER), OPTION(IPPROTO_TCP, TCP_FASTOPEN, INTEGER),
    OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT, INTEGER), OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, INTEGER),
    OPTION(IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, INTEGER), OPTION(IPPROTO_TCP, TCP_INQ, INTEGER),
    OPTION(IPPROTO_TCP, TCP_CONGESTION, TEXT),      OPTION(IPPROTO_TCP, TCP_ULP, TEXT),
    OPTION(IPPROTO_IP, IP_TOS, INTEGER),            OPTION(IPPROTO_IP, IP_TTL, INTEGER),
    OPTION(IPPROTO_IP, IP_FREEBIND, INTEGER),       OPTION(IPPROTO_IP, IP_TRANSPARENT, INTEGER),
    OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, INTEGER), OPTION(IPPROTO_IPV6, IPV6_V6ONLY, INTEGER),
    OPTION(IPPROTO_IPV6, IPV6_TCLASS, INTEGER),     OPTION(IPPROTO_IPV6, IPV6_FREEBIND, INTEGER),
    OPTION(IPPROTO_IPV6, IPV6_TRANSPARENT, INTEGER),
};

static bool number_of(const char *text, int *number) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value > 65535) return false;
  *number = (int)value;
  return true;
}

static bool level_of(const char *text, int *number) {
  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    if (strcmp(levels[i].name, text) != 0) continue;
    *number = levels[i].level;
    return true;
  }
  return number_of(text, number);
}

/* `level=` may be left out when the name is known. */
static bool arg_option(const struct request *request, struct option *option) {
  const char *name = arg_need(request, "name");
  if (name == NULL) return false;
  const char *level = arg_text(request, "level");
  *option = (struct option){.name = name, .level = -1, .number = -1, .shape = INTEGER};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    if (strcmp(options[i].name, name) == 0) *option = options[i];
  if (option->number < 0 && !number_of(name, &option->number)) {
    answer_bad(request->id, "name=%.64s: no option known by that name; give its number and level=", name);
    return false;
  }
  if (level == NULL ? option->level < 0 : !level_of(level, &option->level)) {
    answer_bad(request->id, "level=%.64s: expected SOL_SOCKET, SOL_TCP, SOL_IP, SOL_IPV6, SOL_MPTCP or a number",
                 level == NULL ? "" : level);
    return false;
  }
  return true;
}

static bool arg_linger(const struct request *request, struct linger *linger) {
  const char *text = arg_need(request, "value");
  if (text == NULL) return false;
  char tail;
  if (sscanf(text, "%d,%d%c", &linger->l_onoff, &linger->l_linger, &tail) == 2) return true;
  answer_bad(request->id, "value=%.64s: expected on,seconds", text);
  return false;
}

#define HEX_LIMIT 512 /* bytes of an option's value */

static bool is_hex(const char *hex) {
  size_t length = strlen(hex);
  return length % 2 == 0 && length / 2 <= HEX_LIMIT && strspn(hex, "0123456789abcdefABCDEF") == length;
}

/* Any bytes, for options whose value is a structure. */
static int set_hex(const struct handle *handle, const struct option *option, const char *hex) {
  unsigned char bytes[HEX_LIMIT];
  size_t length = strlen(hex);
  for (size_t i = 0; i < length / 2; i++) {
    char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
    bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  return setsockopt(handle->fd, option->level, option->number, bytes, (socklen_t)(length / 2));
}

void command_setsockopt(const struct request *request) {
  struct handle *handle = handle_need(request);
  struct option option;
  if (handle == NULL || !arg_option(request, &option)) return;
  const char *hex = arg_text(request, "hex");
  int result;
  if (hex != NULL && !is_hex(hex)) {
    answer_bad(request->id, "hex=: expected pairs of hexadecimal digits, at most %d", HEX_LIMIT);
    return;
  }
  if (hex != NULL) {
    result = set_hex(handle, &option, hex);
  } else if (option.shape == LINGER) {
    struct linger linger;
    if (!arg_linger(request, &linger)) return;
    result = setsockopt(handle->fd, option.level, option.number, &linger, sizeof linger);
  } else if (option.shape == TEXT) {
    const char *text = arg_need(request, "value");
    if (text == NULL) return;
    result = setsockopt(handle->fd, option.level, option.number, text, (socklen_t)strlen(text) + 1);
  } else {
    long long number;
    if (!arg_need_number(request, "value", -2147483648LL, 2147483647LL, &number)) return;
    int value = (int)number;
    result = setsockopt(handle->fd, option.level, option.number, &value, sizeof value);
  }
  if (result < 0) answer_error(request->id, errno, "setsockopt %s", option.name);
  else answer_done(request->id);
}

void command_getsockopt(const struct request *request) {
  struct handle *handle = handle_need(request);
  struct option option;
  long long wanted = 0;
  if (handle == NULL || !arg_option(request, &option) || !arg_number(request, "size", 1, 4096, &wanted)) return;
  union {
    int number;
    struct linger linger;
    char text[4096 + 1];
  } value;
  memset(&value, 0, sizeof value);
  socklen_t size = option.shape == TEXT ? 256 : option.shape == LINGER ? sizeof value.linger : sizeof value.number;
  if (wanted > 0) size = (socklen_t)wanted;
  if (getsockopt(handle->fd, option.level, option.number, &value, &size) < 0) {
    answer_error(request->id, errno, "getsockopt %s", option.name);
    return;
  }
  answer_ok(request->id);
  if (wanted > 0) {
    answer_hex("hex", &value, size);
  } else if (option.shape == TEXT) {
    answer_text("value", value.text);
  } else if (option.shape == LINGER) {
    char text[32];
    snprintf(text, sizeof text, "%d,%d", value.linger.l_onoff, value.linger.l_linger);
    answer_text("value", text);
  } else {
    answer_number("value", value.number);
  }
  answer_end();
}
