/* Connections that outlive their sockets: closing, orphaned, in TIME_WAIT. The kernel is asked to drop them. */
#include "command.h"
#include "netlink.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SEEN_LIMIT 1024

struct connections {
  size_t count;
  struct inet_diag_sockid ids[SEEN_LIMIT];
};

static void take_connection(const void *payload, size_t size, void *context) {
  struct connections *seen = context;
  const struct inet_diag_msg *message = payload;
  if (size >= sizeof *message && seen->count < SEEN_LIMIT) seen->ids[seen->count++] = message->id;
}

static void drop(int family, const struct inet_diag_sockid *id) {
  struct inet_diag_req_v2 what = {.sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .id = *id};
  struct netlink_message message;
  const char *why;
  netlink_begin(&message, SOCK_DESTROY, NLM_F_ACK, &what, sizeof what);
  /* It may have gone by itself, or this kernel cannot: who relies on it looks at what is left. */
  netlink_talk(NETLINK_SOCK_DIAG, &message, NULL, NULL, &why);
}

/* A count of /proc/net/sockstat or sockstat6; -1 where it cannot be read. */
static int count_of(const char *path, const char *form) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return -1;
  char line[256];
  int count = -1;
  while (count < 0 && fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, form, &count) != 1) count = -1;
  fclose(file);
  return count;
}

/*
 * Whether this namespace may have a connection of the family. A dump walks the tables of all namespaces, which takes far
 * longer than to read two numbers.
 */
static bool may_have_any(int family) {
  if (count_of("/proc/self/net/sockstat", "TCP: inuse %*d orphan %*d tw %d") != 0) return true;
  if (family == AF_INET) return count_of("/proc/self/net/sockstat", "TCP: inuse %d") != 0;
  return count_of("/proc/self/net/sockstat6", "TCP6: inuse %d") != 0;
}

void connections_drop(void) {
  static const int families[] = {AF_INET, AF_INET6};
  static struct connections seen;
  for (size_t f = 0; f < 2; f++) {
    if (!may_have_any(families[f])) continue;
    struct inet_diag_req_v2 all = {.sdiag_family = (uint8_t)families[f], .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0U};
    struct netlink_message message;
    const char *why;
    seen.count = 0;
    netlink_begin(&message, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &all, sizeof all);
    if (netlink_talk(NETLINK_SOCK_DIAG, &message, take_connection, &seen, &why) != 0) continue;
    for (size_t i = 0; i < seen.count; i++) drop(families[f], &seen.ids[i]);
  }
}
