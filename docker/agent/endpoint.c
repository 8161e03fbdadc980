/* MPTCP endpoints and limits, through the path manager's generic netlink family. */
#include "address.h"
#include "command.h"
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Numbers of linux/mptcp.h (linux/mptcp_pm.h since 6.7), here so that older headers build the agent too. */
enum { PM_VERSION = 1 };
enum { PM_ADD = 1, PM_DEL = 2, PM_GET = 3, PM_FLUSH = 4, PM_SET_LIMITS = 5, PM_GET_LIMITS = 6, PM_SET_FLAGS = 7 };
enum { PM_ATTR_ADDR = 1, PM_ATTR_RCV_ADD_ADDRS = 2, PM_ATTR_SUBFLOWS = 3 };
enum { AT_FAMILY = 1, AT_ID = 2, AT_ADDR4 = 3, AT_ADDR6 = 4, AT_PORT = 5, AT_FLAGS = 6, AT_IF_IDX = 7 };

static const struct {
  const char *name;
  uint32_t flag;
} flag_names[] = {{"signal", 1}, {"subflow", 2}, {"backup", 4}, {"fullmesh", 8}, {"implicit", 16}, {"laminar", 32}};

#define FLAG_COUNT (sizeof flag_names / sizeof flag_names[0])

struct limits {
  uint32_t subflows, add_addr_accepted;
};

static struct limits first_limits; /* as found before the first limits-set */
static bool limits_changed;

/* Number of the family "mptcp_pm"; 0 when this kernel has none. */
static uint16_t family_number(void) {
  static uint16_t number;
  if (number != 0) return number;
  number = netlink_family("mptcp_pm");
  return number;
}

bool endpoint_available(void) { return family_number() != 0; }

static void begin(struct netlink_message *message, uint8_t command, uint16_t flags) {
  struct genlmsghdr head = {.cmd = command, .version = PM_VERSION};
  netlink_begin(message, family_number(), flags, &head, sizeof head);
}

static int talk(struct netlink_message *message, netlink_receiver *receive, void *context, const char **why) {
  if (((const struct nlmsghdr *)message->bytes)->nlmsg_type != 0)
    return netlink_talk(NETLINK_GENERIC, message, receive, context, why);
  *why = "this kernel has no MPTCP path manager (generic netlink family mptcp_pm)";
  return EOPNOTSUPP;
}

static void finish(const struct request *request, struct netlink_message *message) {
  const char *why;
  int error = talk(message, NULL, NULL, &why);
  if (error != 0) answer_error(request->id, error, "%s", why);
  else answer_done(request->id);
}

/* Reads `flags=` as names joined by commas. */
static bool arg_endpoint_flags(const struct request *request, uint32_t *flags) {
  const char *text = arg_text(request, "flags");
  *flags = 0;
  while (text != NULL && *text != '\0') {
    size_t length = strcspn(text, ",");
    uint32_t flag = 0;
    for (size_t i = 0; i < FLAG_COUNT; i++)
      if (strlen(flag_names[i].name) == length && memcmp(flag_names[i].name, text, length) == 0)
        flag = flag_names[i].flag;
    if (flag == 0) {
      answer_bad(request->id, "flags=: %.*s is none of signal, subflow, backup, fullmesh, implicit, laminar",
                   (int)(length > 64 ? 64 : length), text);
      return false;
    }
    *flags |= flag;
    text += length + (text[length] == ',');
  }
  return true;
}

static void put_address(struct netlink_message *message, const struct address *address) {
  netlink_put_u16(message, AT_FAMILY, (uint16_t)address->family);
  netlink_put(message, address->family == AF_INET ? AT_ADDR4 : AT_ADDR6, address->bytes, address->size);
}

struct endpoint {
  struct address address;
  bool has_address;
  long long port, id;
  unsigned device;
  uint32_t flags;
};

static bool arg_endpoint(const struct request *request, struct endpoint *endpoint) {
  *endpoint = (struct endpoint){.id = -1};
  endpoint->has_address = arg_text(request, "addr") != NULL;
  if (endpoint->has_address && !arg_address(request, "addr", false, &endpoint->address)) return false;
  if (!arg_number(request, "port", 0, 65535, &endpoint->port) || !arg_number(request, "id", 0, 255, &endpoint->id))
    return false;
  if (arg_text(request, "dev") != NULL && (endpoint->device = arg_device(request)) == 0) return false;
  return arg_endpoint_flags(request, &endpoint->flags);
}

static void put_endpoint(struct netlink_message *message, const struct endpoint *endpoint, bool with_flags) {
  size_t nest = netlink_nest_begin(message, PM_ATTR_ADDR);
  if (endpoint->has_address) put_address(message, &endpoint->address);
  if (endpoint->id >= 0) netlink_put_u8(message, AT_ID, (uint8_t)endpoint->id);
  if (endpoint->port > 0) netlink_put_u16(message, AT_PORT, (uint16_t)endpoint->port);
  if (endpoint->device != 0) netlink_put_u32(message, AT_IF_IDX, endpoint->device);
  if (with_flags) netlink_put_u32(message, AT_FLAGS, endpoint->flags);
  netlink_nest_end(message, nest);
}

static bool endpoint_named(const struct request *request, const struct endpoint *endpoint) {
  if (endpoint->has_address || endpoint->id > 0) return true;
  answer_bad(request->id, "%s needs id= (1 to 255) or addr=", request->command);
  return false;
}

void command_endpoint_add(const struct request *request) {
  struct endpoint endpoint;
  struct netlink_message message;
  if (arg_need(request, "addr") == NULL || !arg_endpoint(request, &endpoint)) return;
  begin(&message, PM_ADD, 0);
  put_endpoint(&message, &endpoint, true);
  finish(request, &message);
}

/* The kernel finds the endpoint by its id; for id 0, the address of the first subflow, it needs the address too. */
void command_endpoint_del(const struct request *request) {
  struct endpoint endpoint;
  struct netlink_message message;
  if (arg_need(request, "id") == NULL || !arg_endpoint(request, &endpoint) || !endpoint_named(request, &endpoint))
    return;
  begin(&message, PM_DEL, 0);
  put_endpoint(&message, &endpoint, false);
  finish(request, &message);
}

void command_endpoint_set(const struct request *request) {
  struct endpoint endpoint;
  struct netlink_message message;
  if (!arg_endpoint(request, &endpoint) || !endpoint_named(request, &endpoint)) return;
  /* An id without a family: the kernel finds the endpoint by its id. */
  begin(&message, PM_SET_FLAGS, 0);
  put_endpoint(&message, &endpoint, true);
  finish(request, &message);
}

void command_endpoint_flush(const struct request *request) {
  struct netlink_message message;
  begin(&message, PM_FLUSH, 0);
  finish(request, &message);
}

struct endpoint_list {
  size_t count;
  struct endpoint endpoints[256];
};

static void take_endpoint(const void *payload, size_t size, void *context) {
  struct endpoint_list *list = context;
  if (size < GENL_HDRLEN || list->count == 256) return;
  size_t nest_size, found;
  const void *nest = netlink_find((const char *)payload + GENL_HDRLEN, size - GENL_HDRLEN, PM_ATTR_ADDR, &nest_size);
  if (nest == NULL) return;
  struct endpoint *endpoint = &list->endpoints[list->count++];
  *endpoint = (struct endpoint){0};
  const void *value;
  if ((value = netlink_find(nest, nest_size, AT_ADDR4, &found)) != NULL) endpoint->address.family = AF_INET;
  else if ((value = netlink_find(nest, nest_size, AT_ADDR6, &found)) != NULL) endpoint->address.family = AF_INET6;
  if (value != NULL && found <= 16) memcpy(endpoint->address.bytes, value, found);
  if ((value = netlink_find(nest, nest_size, AT_ID, NULL)) != NULL) endpoint->id = *(const uint8_t *)value;
  if ((value = netlink_find(nest, nest_size, AT_PORT, NULL)) != NULL) endpoint->port = *(const uint16_t *)value;
  if ((value = netlink_find(nest, nest_size, AT_FLAGS, NULL)) != NULL) endpoint->flags = *(const uint32_t *)value;
  if ((value = netlink_find(nest, nest_size, AT_IF_IDX, NULL)) != NULL) endpoint->device = *(const uint32_t *)value;
}

static void answer_endpoint(const struct endpoint *endpoint) {
  char key[32], address[INET6_ADDRSTRLEN], device[IF_NAMESIZE], flags[96] = "";
  snprintf(key, sizeof key, "%lld.addr", endpoint->id);
  answer_text(key, address_format(endpoint->address.family, endpoint->address.bytes, address));
  snprintf(key, sizeof key, "%lld.flags", endpoint->id);
  for (size_t i = 0; i < FLAG_COUNT; i++) {
    if ((endpoint->flags & flag_names[i].flag) == 0) continue;
    if (*flags != '\0') strcat(flags, ",");
    strcat(flags, flag_names[i].name);
  }
  answer_text(key, flags);
  if (endpoint->port != 0) {
    snprintf(key, sizeof key, "%lld.port", endpoint->id);
    answer_number(key, endpoint->port);
  }
  if (endpoint->device != 0 && if_indextoname(endpoint->device, device) != NULL) {
    snprintf(key, sizeof key, "%lld.dev", endpoint->id);
    answer_text(key, device);
  }
}

void command_endpoint_list(const struct request *request) {
  static struct endpoint_list list;
  struct netlink_message message;
  const char *why;
  list.count = 0;
  begin(&message, PM_GET, NLM_F_DUMP);
  int error = talk(&message, take_endpoint, &list, &why);
  if (error != 0) {
    answer_error(request->id, error, "%s", why);
    return;
  }
  char ids[1024] = "";
  for (size_t i = 0; i < list.count; i++)
    snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%lld", i == 0 ? "" : ",", list.endpoints[i].id);
  answer_ok(request->id);
  answer_text("ids", ids);
  for (size_t i = 0; i < list.count; i++) answer_endpoint(&list.endpoints[i]);
  answer_end();
}

static void take_limits(const void *payload, size_t size, void *context) {
  struct limits *limits = context;
  if (size < GENL_HDRLEN) return;
  const char *attributes = (const char *)payload + GENL_HDRLEN;
  const void *value = netlink_find(attributes, size - GENL_HDRLEN, PM_ATTR_SUBFLOWS, NULL);
  if (value != NULL) limits->subflows = *(const uint32_t *)value;
  value = netlink_find(attributes, size - GENL_HDRLEN, PM_ATTR_RCV_ADD_ADDRS, NULL);
  if (value != NULL) limits->add_addr_accepted = *(const uint32_t *)value;
}

static int get_limits(struct limits *limits, const char **why) {
  struct netlink_message message;
  begin(&message, PM_GET_LIMITS, 0);
  return talk(&message, take_limits, limits, why);
}

static int set_limits(const struct limits *limits, const char **why) {
  struct netlink_message message;
  begin(&message, PM_SET_LIMITS, 0);
  netlink_put_u32(&message, PM_ATTR_RCV_ADD_ADDRS, limits->add_addr_accepted);
  netlink_put_u32(&message, PM_ATTR_SUBFLOWS, limits->subflows);
  return talk(&message, NULL, NULL, why);
}

void command_limits_set(const struct request *request) {
  struct limits found = {0};
  const char *why;
  int error = get_limits(&found, &why);
  long long subflows = found.subflows, accepted = found.add_addr_accepted;
  if (!arg_number(request, "subflows", 0, UINT32_MAX, &subflows)) return;
  if (!arg_number(request, "add-addr-accepted", 0, UINT32_MAX, &accepted)) return;
  struct limits wanted = {(uint32_t)subflows, (uint32_t)accepted};
  if (error == 0) error = set_limits(&wanted, &why);
  if (error != 0) {
    answer_error(request->id, error, "%s", why);
    return;
  }
  if (!limits_changed) first_limits = found;
  limits_changed = true;
  answer_done(request->id);
}

void command_limits_get(const struct request *request) {
  struct limits limits = {0};
  const char *why;
  int error = get_limits(&limits, &why);
  if (error != 0) {
    answer_error(request->id, error, "%s", why);
    return;
  }
  answer_ok(request->id);
  answer_number("subflows", limits.subflows);
  answer_number("add-addr-accepted", limits.add_addr_accepted);
  answer_end();
}

int endpoint_reset(const char **why) {
  if (!endpoint_available()) return 0;
  struct netlink_message message;
  begin(&message, PM_FLUSH, 0);
  int error = talk(&message, NULL, NULL, why);
  if (error == 0 && limits_changed) {
    error = set_limits(&first_limits, why);
    limits_changed = error != 0;
  }
  return error;
}
