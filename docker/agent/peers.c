/* What the kernel remembers of peers after their connections are gone: TCP metrics, TCP Fast Open cookies. */
#include "command.h"
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/tcp_metrics.h>

int peers_forget(const char **why) {
  uint16_t family = netlink_family(TCP_METRICS_GENL_NAME);
  if (family == 0) return 0; /* nothing is remembered, then */
  struct genlmsghdr head = {.cmd = TCP_METRICS_CMD_DEL, .version = TCP_METRICS_GENL_VERSION};
  struct netlink_message message;
  netlink_begin(&message, family, 0, &head, sizeof head); /* without an address: all */
  int error = netlink_talk(NETLINK_GENERIC, &message, NULL, NULL, why);
  return error == ESRCH ? 0 : error;
}
