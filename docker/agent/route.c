/* Addresses, routes, rules and neighbours through rtnetlink. */
#include "address.h"
#include "command.h"
#include "netlink.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void talk(const struct request *request, struct netlink_message *message) {
  const char *why;
  int error = netlink_talk(NETLINK_ROUTE, message, NULL, NULL, &why);
  if (error != 0) answer_error(request->id, error, "%s", why);
  else answer_done(request->id);
}

static void change_address(const struct request *request, uint16_t type, uint16_t flags) {
  struct address address;
  unsigned index = arg_device(request);
  int noprefixroute = index == 0 ? -1 : arg_flag(request, "noprefixroute");
  if (noprefixroute < 0 || !arg_address(request, "addr", true, &address)) return;
  struct ifaddrmsg head = {.ifa_family = (uint8_t)address.family,
                           .ifa_prefixlen = (uint8_t)address.prefix,
                           .ifa_index = index};
  struct netlink_message message;
  netlink_begin(&message, type, flags, &head, sizeof head);
  netlink_put(&message, IFA_LOCAL, address.bytes, address.size);
  netlink_put(&message, IFA_ADDRESS, address.bytes, address.size);
  /* Without duplicate address detection the address is usable at once. */
  uint32_t wanted = (address.family == AF_INET6 ? IFA_F_NODAD : 0) | (noprefixroute == 1 ? IFA_F_NOPREFIXROUTE : 0);
  if (type == RTM_NEWADDR) netlink_put_u32(&message, IFA_FLAGS, wanted);
  talk(request, &message);
}

void command_addr_add(const struct request *request) {
  change_address(request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
}
void command_addr_del(const struct request *request) { change_address(request, RTM_DELADDR, 0); }

/* `family=`, for requests in which no address tells. 0: not given; -1: answered `bad`. */
static int arg_family(const struct request *request) {
  const char *text = arg_text(request, "family");
  if (text == NULL) return 0;
  if (strcmp(text, "ipv4") == 0) return AF_INET;
  if (strcmp(text, "ipv6") == 0) return AF_INET6;
  answer_bad(request->id, "family=%.64s: expected ipv4 or ipv6", text);
  return -1;
}

static int arg_route_type(const struct request *request) {
  static const struct {
    const char *name;
    int type;
  } types[] = {{"unicast", RTN_UNICAST},         {"local", RTN_LOCAL},       {"blackhole", RTN_BLACKHOLE},
               {"unreachable", RTN_UNREACHABLE}, {"prohibit", RTN_PROHIBIT}, {"throw", RTN_THROW}};
  const char *text = arg_text(request, "type");
  if (text == NULL) return RTN_UNICAST;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (strcmp(types[i].name, text) == 0) return types[i].type;
  answer_bad(request->id, "type=%.64s: expected unicast, local, blackhole, unreachable, prohibit or throw",
               text);
  return -1;
}

/* Reads an optional address. Returns -1 when it is there and wrong (answered), 0 when absent, 1 when read. */
static int arg_maybe(const struct request *request, const char *key, bool prefix_allowed, struct address *address) {
  if (arg_text(request, key) == NULL) return 0;
  return arg_address(request, key, prefix_allowed, address) ? 1 : -1;
}

struct route {
  struct address dst, via, src;
  int has_dst, has_via, has_src, family, type;
  unsigned device;
  long long metric, table, initcwnd, initrwnd, advmss;
};

static bool arg_route(const struct request *request, struct route *route) {
  const char *dst = arg_need(request, "dst");
  if (dst == NULL) return false;
  route->table = RT_TABLE_MAIN;
  route->has_dst = strcmp(dst, "default") == 0 ? 0 : arg_maybe(request, "dst", true, &route->dst);
  if (route->has_dst < 0 || (route->has_via = arg_maybe(request, "via", false, &route->via)) < 0) return false;
  if ((route->has_src = arg_maybe(request, "src", false, &route->src)) < 0) return false;
  if ((route->family = arg_family(request)) < 0 || (route->type = arg_route_type(request)) < 0) return false;
  if (!arg_number(request, "metric", 0, UINT32_MAX, &route->metric)) return false;
  if (!arg_number(request, "table", 1, UINT32_MAX, &route->table)) return false;
  if (!arg_number(request, "initcwnd", 1, UINT16_MAX, &route->initcwnd)) return false;
  if (!arg_number(request, "initrwnd", 1, UINT16_MAX, &route->initrwnd)) return false;
  if (!arg_number(request, "advmss", 1, UINT16_MAX, &route->advmss)) return false;
  if (route->type == RTN_LOCAL && arg_text(request, "table") == NULL) route->table = RT_TABLE_LOCAL;
  if (arg_text(request, "dev") != NULL && (route->device = arg_device(request)) == 0) return false;
  const struct address *known = route->has_dst   ? &route->dst
                                : route->has_via ? &route->via
                                : route->has_src ? &route->src
                                                 : NULL;
  if (known != NULL) route->family = known->family;
  if (route->family != 0) return true;
  answer_bad(request->id, "a default route without via= or src= needs family=");
  return false;
}

static void put_metric(struct netlink_message *message, uint16_t type, long long value) {
  if (value != 0) netlink_put_u32(message, type, (uint32_t)value);
}

static void put_metrics(struct netlink_message *message, const struct route *route) {
  if (route->initcwnd == 0 && route->initrwnd == 0 && route->advmss == 0) return;
  size_t nest = netlink_nest_begin(message, RTA_METRICS);
  put_metric(message, RTAX_INITCWND, route->initcwnd);
  put_metric(message, RTAX_INITRWND, route->initrwnd);
  put_metric(message, RTAX_ADVMSS, route->advmss);
  netlink_nest_end(message, nest);
}

static void change_route(const struct request *request, uint16_t type, uint16_t flags) {
  struct route route = {0};
  if (!arg_route(request, &route)) return;
  bool on_link = !route.has_via && route.device != 0;
  struct rtmsg head = {.rtm_family = (uint8_t)route.family,
                       .rtm_dst_len = (uint8_t)(route.has_dst ? route.dst.prefix : 0),
                       .rtm_table = route.table < 256 ? (uint8_t)route.table : RT_TABLE_UNSPEC,
                       .rtm_protocol = RTPROT_BOOT,
                       .rtm_type = (uint8_t)route.type,
                       .rtm_scope = on_link ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE};
  if (route.type == RTN_LOCAL) head.rtm_scope = RT_SCOPE_HOST;
  if (type == RTM_DELROUTE) head.rtm_scope = RT_SCOPE_NOWHERE;
  struct netlink_message message;
  netlink_begin(&message, type, flags, &head, sizeof head);
  if (route.has_dst) netlink_put(&message, RTA_DST, route.dst.bytes, route.dst.size);
  if (route.has_via) netlink_put(&message, RTA_GATEWAY, route.via.bytes, route.via.size);
  if (route.has_src) netlink_put(&message, RTA_PREFSRC, route.src.bytes, route.src.size);
  if (route.device != 0) netlink_put_u32(&message, RTA_OIF, route.device);
  if (route.metric != 0) netlink_put_u32(&message, RTA_PRIORITY, (uint32_t)route.metric);
  netlink_put_u32(&message, RTA_TABLE, (uint32_t)route.table);
  put_metrics(&message, &route);
  talk(request, &message);
}

void command_route_add(const struct request *request) {
  int replace = arg_flag(request, "replace");
  if (replace >= 0) change_route(request, RTM_NEWROUTE, NLM_F_CREATE | (replace == 1 ? NLM_F_REPLACE : NLM_F_EXCL));
}

void command_route_del(const struct request *request) { change_route(request, RTM_DELROUTE, 0); }

static void change_rule(const struct request *request, uint16_t type, uint16_t flags) {
  struct address from, to;
  int has_from = arg_maybe(request, "from", true, &from);
  int has_to = has_from < 0 ? -1 : arg_maybe(request, "to", true, &to);
  int family = has_to < 0 ? -1 : arg_family(request);
  long long table, mark = -1, priority = -1;
  if (family < 0 || !arg_need_number(request, "table", 1, UINT32_MAX, &table)) return;
  if (!arg_number(request, "fwmark", 0, UINT32_MAX, &mark)) return;
  if (!arg_number(request, "priority", 0, UINT32_MAX, &priority)) return;
  if (has_from) family = from.family;
  if (has_to) family = to.family;
  if (family == 0) {
    answer_bad(request->id, "a rule without from= or to= needs family=");
    return;
  }
  struct fib_rule_hdr head = {.family = (uint8_t)family,
                              .src_len = (uint8_t)(has_from ? from.prefix : 0),
                              .dst_len = (uint8_t)(has_to ? to.prefix : 0),
                              .table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
                              .action = FR_ACT_TO_TBL};
  struct netlink_message message;
  netlink_begin(&message, type, flags, &head, sizeof head);
  if (has_from) netlink_put(&message, FRA_SRC, from.bytes, from.size);
  if (has_to) netlink_put(&message, FRA_DST, to.bytes, to.size);
  if (mark >= 0) netlink_put_u32(&message, FRA_FWMARK, (uint32_t)mark);
  if (priority >= 0) netlink_put_u32(&message, FRA_PRIORITY, (uint32_t)priority);
  netlink_put_u32(&message, FRA_TABLE, (uint32_t)table);
  talk(request, &message);
}

void command_rule_add(const struct request *request) { change_rule(request, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL); }
void command_rule_del(const struct request *request) { change_rule(request, RTM_DELRULE, 0); }

static void change_neighbour(const struct request *request, uint16_t type, uint16_t flags) {
  struct address address;
  unsigned index = arg_device(request);
  if (index == 0 || !arg_address(request, "addr", false, &address)) return;
  unsigned char m[6];
  if (type == RTM_NEWNEIGH) {
    const char *text = arg_need(request, "lladdr");
    if (text == NULL) return;
    char tail;
    if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", m, m + 1, m + 2, m + 3, m + 4, m + 5, &tail) != 6) {
      answer_bad(request->id, "lladdr=%.64s: expected six bytes, 02:00:00:00:00:01", text);
      return;
    }
  }
  struct ndmsg head = {.ndm_family = (uint8_t)address.family, .ndm_ifindex = (int)index, .ndm_state = NUD_PERMANENT};
  struct netlink_message message;
  netlink_begin(&message, type, flags, &head, sizeof head);
  netlink_put(&message, NDA_DST, address.bytes, address.size);
  if (type == RTM_NEWNEIGH) netlink_put(&message, NDA_LLADDR, m, sizeof m);
  talk(request, &message);
}

/* Takes the place of what the kernel may have learnt. */
void command_neigh_add(const struct request *request) {
  change_neighbour(request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
}
void command_neigh_del(const struct request *request) { change_neighbour(request, RTM_DELNEIGH, 0); }
