/* Addresses as text and as the kernel has them. */
#ifndef AGENT_ADDRESS_H
#define AGENT_ADDRESS_H

#include "line.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* An address, with a prefix length where the text had one. */
struct address {
  int family; /* AF_INET or AF_INET6 */
  unsigned char bytes[16];
  size_t size; /* 4 or 16 */
  unsigned prefix;
  unsigned scope; /* device index of a link-local address, 0 for none */
};

/* Reads `192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`, each with `/length` when `prefix_allowed`. */
bool address_parse(const char *text, bool prefix_allowed, struct address *address);

/* Reads argument `key` as an address. Answers `bad` and returns false when it is missing or no address. */
bool arg_address(const struct request *request, const char *key, bool prefix_allowed, struct address *address);

/* Fills a socket address; returns its size. */
socklen_t address_to_socket(const struct address *address, unsigned port, struct sockaddr_storage *to);

/* The numeric text of bytes. */
const char *address_format(int family, const void *bytes, char text[INET6_ADDRSTRLEN]);

/* Adds fields `<prefix>addr` and `<prefix>port` to an answer. */
void answer_socket_address(const char *prefix, const struct sockaddr_storage *address);

/* Index of the device that `dev=` names. Answers `bad` or ENODEV and returns 0 when there is none. */
unsigned arg_device(const struct request *request);

#endif
