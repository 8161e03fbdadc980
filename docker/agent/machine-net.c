/* Network namespaces for cells, and the devices that are lent to them. */
#include "machine.h"

#include "line.h"
#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int own_namespace = -1;

static bool remember_own(void) {
  if (own_namespace < 0) own_namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  return own_namespace >= 0;
}

bool namespace_enter(int fd) { return setns(fd, CLONE_NEWNET) == 0; }

int namespace_make(void) {
  if (!remember_own() || unshare(CLONE_NEWNET) < 0) return -1;
  int made = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  int error = errno;
  if (!namespace_enter(own_namespace)) return -1;
  errno = error;
  return made;
}

#define DEVICES_MOST 64

/* A network device and the place on its bus, which tells its order. */
struct placed {
  char name[IF_NAMESIZE];
  char place[PATH_MAX];
};

static int by_place(const void *a, const void *b) {
  return strcmp(((const struct placed *)a)->place, ((const struct placed *)b)->place);
}

static bool device_rename(int fd, const char *from, const char *to) {
  struct ifreq names = {0};
  memcpy(names.ifr_name, from, strnlen(from, IFNAMSIZ - 1));
  memcpy(names.ifr_newname, to, strnlen(to, IFNAMSIZ - 1));
  return ioctl(fd, SIOCSIFNAME, &names) == 0;
}

/* The place of a virtio device is its parent's: /sys/devices/css0/0.0.0005/0.0.0010 of .../0.0.0010/virtio3. */
static bool find_place(struct placed *device) {
  char link[64 + IF_NAMESIZE];
  snprintf(link, sizeof link, "/sys/class/net/%s/device", device->name);
  if (realpath(link, device->place) == NULL) return false;
  char *last = strrchr(device->place, '/');
  if (last != NULL) *last = '\0';
  return true;
}

/*
 * Names the devices eth0, eth1, ... in the order of their places. The kernel numbers them as it finds them, and where
 * it looks at several at once (the channels of s390), that order is a matter of chance.
 */
static bool devices_number(int fd, const struct if_nameindex *devices) {
  static struct placed placed[DEVICES_MOST];
  size_t count = 0;
  for (; devices->if_index != 0 && count < DEVICES_MOST; devices++) {
    strncpy(placed[count].name, devices->if_name, IF_NAMESIZE - 1);
    if (find_place(&placed[count])) count++;
  }
  qsort(placed, count, sizeof placed[0], by_place);
  char name[IF_NAMESIZE];
  for (size_t i = 0; i < count; i++) {
    snprintf(name, sizeof name, "place%zu", i);
    if (!device_rename(fd, placed[i].name, name)) return false;
  }
  for (size_t i = 0; i < count; i++) {
    char numbered[IF_NAMESIZE];
    snprintf(name, sizeof name, "place%zu", i);
    snprintf(numbered, sizeof numbered, "eth%zu", i);
    if (!device_rename(fd, name, numbered)) return false;
  }
  return true;
}

bool devices_prepare(void) {
  struct if_nameindex *devices = if_nameindex();
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool done = devices != NULL && fd >= 0 && devices_number(fd, devices);
  if (devices != NULL) if_freenameindex(devices);
  devices = done ? if_nameindex() : NULL;
  done = done && devices != NULL;
  for (struct if_nameindex *device = devices; done && device->if_index != 0; device++) {
    struct ifreq flags = {0};
    if (strcmp(device->if_name, "lo") == 0) continue;
    strncpy(flags.ifr_name, device->if_name, IFNAMSIZ - 1);
    done = ioctl(fd, SIOCGIFFLAGS, &flags) == 0;
    flags.ifr_flags |= IFF_NOARP;
    done = done && ioctl(fd, SIOCSIFFLAGS, &flags) == 0;
  }
  if (devices != NULL) if_freenameindex(devices);
  if (fd >= 0) close(fd);
  return done;
}

/* Sends a device of the namespace that `protocol`'s socket belongs to into another one under a new name. */
static int move(const char *from, const char *to, int namespace, const char **why) {
  unsigned index = if_nametoindex(from);
  if (index == 0) {
    *why = "no such device";
    return ENODEV;
  }
  struct ifinfomsg info = {.ifi_index = (int)index, .ifi_change = IFF_UP};
  struct netlink_message message;
  netlink_begin(&message, RTM_NEWLINK, 0, &info, sizeof info);
  netlink_put_u32(&message, IFLA_NET_NS_FD, (uint32_t)namespace);
  netlink_put(&message, IFLA_IFNAME, to, strlen(to) + 1);
  return netlink_talk(NETLINK_ROUTE, &message, NULL, NULL, why);
}

int device_lend(int namespace, const char *own, const char *given, const char **why) {
  return move(own, given, namespace, why);
}

int device_return(int namespace, const struct cell_device *device, const char **why) {
  if (!namespace_enter(namespace)) {
    *why = "its namespace cannot be entered";
    return errno;
  }
  /* A netlink socket belongs to the namespace that it was opened in. */
  netlink_close();
  int error = move(device->given, device->own, own_namespace, why);
  netlink_close();
  if (!namespace_enter(own_namespace)) return errno;
  return error;
}
