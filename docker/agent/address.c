/* Addresses as text and as the kernel has them. */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool address_parse(const char *text, bool prefix_allowed, struct address *address) {
  char copy[128];
  if (strlen(text) >= sizeof copy) return false;
  strcpy(copy, text);
  *address = (struct address){0};
  char *slash = strchr(copy, '/');
  if (slash != NULL && !prefix_allowed) return false;
  if (slash != NULL) *slash = '\0';
  char *percent = strchr(copy, '%');
  if (percent != NULL) {
    *percent = '\0';
    address->scope = if_nametoindex(percent + 1);
    if (address->scope == 0) return false;
  }
  address->family = strchr(copy, ':') != NULL ? AF_INET6 : AF_INET;
  address->size = address->family == AF_INET6 ? 16 : 4;
  if (inet_pton(address->family, copy, address->bytes) != 1) return false;
  address->prefix = (unsigned)address->size * 8;
  if (slash == NULL) return true;
  char *end;
  unsigned long prefix = strtoul(slash + 1, &end, 10);
  if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || prefix > address->prefix) return false;
  address->prefix = (unsigned)prefix;
  return true;
}

bool arg_address(const struct request *request, const char *key, bool prefix_allowed, struct address *address) {
  const char *text = arg_need(request, key);
  if (text == NULL) return false;
  if (address_parse(text, prefix_allowed, address)) return true;
  answer_bad(request->id, "%s=%.100s: expected an IPv4 or IPv6 address%s", key, text,
               prefix_allowed ? ", with /prefix-length where wanted" : "");
  return false;
}

socklen_t address_to_socket(const struct address *address, unsigned port, struct sockaddr_storage *to) {
  memset(to, 0, sizeof *to);
  if (address->family == AF_INET) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    memcpy(&v4->sin_addr, address->bytes, 4);
    return sizeof *v4;
  }
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons((uint16_t)port);
  v6->sin6_scope_id = address->scope;
  memcpy(&v6->sin6_addr, address->bytes, 16);
  return sizeof *v6;
}

const char *address_format(int family, const void *bytes, char text[INET6_ADDRSTRLEN]) {
  return inet_ntop(family, bytes, text, INET6_ADDRSTRLEN) == NULL ? "?" : text;
}

void answer_socket_address(const char *prefix, const struct sockaddr_storage *address) {
  char key[32], text[INET6_ADDRSTRLEN];
  bool v4 = address->ss_family == AF_INET;
  const void *bytes = v4 ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                          : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
  in_port_t port = v4 ? ((const struct sockaddr_in *)address)->sin_port
                      : ((const struct sockaddr_in6 *)address)->sin6_port;
  snprintf(key, sizeof key, "%saddr", prefix);
  answer_text(key, address_format(address->ss_family, bytes, text));
  snprintf(key, sizeof key, "%sport", prefix);
  answer_number(key, ntohs(port));
}

unsigned arg_device(const struct request *request) {
  const char *name = arg_need(request, "dev");
  if (name == NULL) return 0;
  unsigned index = if_nametoindex(name);
  if (index == 0) answer_error(request->id, ENODEV, "dev=%.64s: no such device in this network namespace", name);
  return index;
}
