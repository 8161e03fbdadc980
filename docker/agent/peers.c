/* What the kernel remembers of peers after their connections are gone: TCP metrics, TCP Fast Open cookies. */
#include "command.h"
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/tcp_metrics.h>

static void count_peer(const void *payload, size_t size, void *context) {
  (void)payload, (void)size;
  ++*(size_t *)context;
}

/* How many peers are remembered; 1 where that cannot be learnt. */
static size_t count_peers(uint16_t family) {
  struct genlmsghdr head = {.cmd = TCP_METRICS_CMD_GET, .version = TCP_METRICS_GENL_VERSION};
  struct netlink_message message;
  const char *why;
  size_t count = 0;
  netlink_begin(&message, family, NLM_F_DUMP, &head, sizeof head);
  int error = netlink_talk(NETLINK_GENERIC, &message, count_peer, &count, &why);
  return error == 0 ? count : 1;
}

int peers_forget(const char **why) {
  uint16_t family = netlink_family(TCP_METRICS_GENL_NAME);
  if (family == 0) return 0; /* nothing is remembered, then */
  struct genlmsghdr head = {.cmd = TCP_METRICS_CMD_DEL, .version = TCP_METRICS_GENL_VERSION};
  struct netlink_message message;
  netlink_begin(&message, family, 0, &head, sizeof head); /* without an address: all */
  int error = netlink_talk(NETLINK_GENERIC, &message, NULL, NULL, why);
  /* Only root of the machine may have them forgotten; that matters where there is something to forget. */
  if (error == EPERM && count_peers(family) == 0) return 0;
  return error == ESRCH ? 0 : error;
}
