/* Network devices: up, MTU, waiting for them, offloads. */
#include "address.h"
#include "command.h"
#include "netlink.h"
#include "operation.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int control_socket(void) {
  static int fd = -1;
  if (fd < 0) fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return fd;
}

/* Device names are checked by arg_device before they come here. */
static int device_ioctl(const char *device, unsigned long number, struct ifreq *request) {
  size_t length = strnlen(device, IFNAMSIZ - 1);
  memcpy(request->ifr_name, device, length);
  request->ifr_name[length] = '\0';
  return ioctl(control_socket(), number, request);
}

void command_link_up(const struct request *request) {
  unsigned index = arg_device(request);
  long long up = 1, mtu = 0;
  if (index == 0 || !arg_number(request, "up", 0, 1, &up) || !arg_number(request, "mtu", 1, 65536, &mtu)) return;
  struct ifinfomsg info = {.ifi_index = (int)index, .ifi_change = IFF_UP, .ifi_flags = up == 1 ? IFF_UP : 0};
  struct netlink_message message;
  netlink_begin(&message, RTM_NEWLINK, 0, &info, sizeof info);
  if (mtu > 0) netlink_put_u32(&message, IFLA_MTU, (uint32_t)mtu);
  const char *why;
  int error = netlink_talk(NETLINK_ROUTE, &message, NULL, NULL, &why);
  if (error != 0) answer_error(request->id, error, "%s", why);
  else answer_done(request->id);
}

static void answer_link(const char *id, const char *device) {
  struct ifreq flags = {0}, hardware = {0}, mtu = {0};
  if (device_ioctl(device, SIOCGIFFLAGS, &flags) < 0 || device_ioctl(device, SIOCGIFHWADDR, &hardware) < 0 ||
      device_ioctl(device, SIOCGIFMTU, &mtu) < 0) {
    answer_error(id, errno, "dev=%s", device);
    return;
  }
  char mac[18];
  const unsigned char *m = (const unsigned char *)hardware.ifr_hwaddr.sa_data;
  snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
  answer_ok(id);
  answer_text("dev", device);
  answer_number("index", if_nametoindex(device));
  answer_number("up", (flags.ifr_flags & IFF_UP) != 0);
  answer_number("running", (flags.ifr_flags & IFF_RUNNING) != 0);
  answer_number("mtu", mtu.ifr_mtu);
  answer_text("lladdr", mac);
  answer_end();
}

void command_link_get(const struct request *request) {
  if (arg_device(request) != 0) answer_link(request->id, arg_text(request, "dev"));
}

struct link_waiting {
  char device[IFNAMSIZ];
  bool running;
};

static bool is_running(const char *device) {
  struct ifreq flags = {0};
  return device_ioctl(device, SIOCGIFFLAGS, &flags) == 0 && (flags.ifr_flags & IFF_RUNNING) != 0;
}

static bool link_attempt(struct operation *operation, short revents) {
  struct link_waiting *waiting = operation->state;
  char news[16384];
  /* What the news say does not matter, nor whether some were lost: the device itself is asked. */
  if (revents != 0)
    while (recv(operation->fd, news, sizeof news, MSG_DONTWAIT) > 0) continue;
  if (if_nametoindex(waiting->device) == 0) return false;
  if (waiting->running && !is_running(waiting->device)) return false;
  answer_link(operation->id, waiting->device);
  return true;
}

static void free_link(struct operation *operation) {
  close(operation->fd);
  free(operation->state);
}

void command_link_wait(const struct request *request) {
  const char *device = arg_need(request, "dev");
  int running = device == NULL ? -1 : arg_flag(request, "running");
  if (running < 0) return;
  if (strlen(device) >= IFNAMSIZ) {
    answer_bad(request->id, "dev=%.64s: a device name has at most %d bytes", device, IFNAMSIZ - 1);
    return;
  }
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  struct sockaddr_nl news = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
  struct link_waiting *waiting = calloc(1, sizeof *waiting);
  if (fd < 0 || waiting == NULL || bind(fd, (struct sockaddr *)&news, sizeof news) < 0) {
    answer_error(request->id, errno, "link-wait");
    if (fd >= 0) close(fd);
    free(waiting);
    return;
  }
  strcpy(waiting->device, device);
  waiting->running = running == 1;
  operation_start(request, (struct operation){.fd = fd, .events = POLLIN, .attempt = link_attempt, .release = free_link,
                                              .state = waiting});
}

static const struct {
  const char *name;
  uint32_t command; /* linux/ethtool.h */
} offloads[] = {
    {"rx-checksum", ETHTOOL_SRXCSUM}, {"tso", ETHTOOL_STSO}, {"gso", ETHTOOL_SGSO}, {"gro", ETHTOOL_SGRO},
    {"scatter-gather", ETHTOOL_SSG},  {"tx-checksum", ETHTOOL_STXCSUM},
};

/* A device without a feature says EOPNOTSUPP: named in `lacking=`. Every other error is an error. */
void command_offload(const struct request *request) {
  long long off = 1;
  if (arg_device(request) == 0 || !arg_number(request, "off", 0, 1, &off)) return;
  char set[128] = "", lacking[128] = "";
  for (size_t i = 0; i < sizeof offloads / sizeof offloads[0]; i++) {
    struct ethtool_value value = {.cmd = offloads[i].command, .data = off == 0};
    struct ifreq call = {.ifr_data = (char *)&value};
    bool done = device_ioctl(arg_text(request, "dev"), SIOCETHTOOL, &call) == 0;
    if (!done && errno != EOPNOTSUPP) {
      answer_error(request->id, errno, "%s (changed before: %s)", offloads[i].name, *set == '\0' ? "nothing" : set);
      return;
    }
    char *list = done ? set : lacking;
    if (*list != '\0') strcat(list, ",");
    strcat(list, offloads[i].name);
  }
  answer_ok(request->id);
  answer_text(off == 1 ? "off" : "on", set);
  answer_text("lacking", lacking);
  answer_end();
}
