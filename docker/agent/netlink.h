/* Netlink requests and their answers. */
#ifndef AGENT_NETLINK_H
#define AGENT_NETLINK_H

#include <stddef.h>
#include <stdint.h>

/* A request under construction. */
struct netlink_message {
  size_t used;
  _Alignas(8) unsigned char bytes[2048];
};

/* Called for every message of an answer, with its payload. */
typedef void netlink_receiver(const void *payload, size_t size, void *context);

/* Starts a message: type, flags beyond NLM_F_REQUEST, and the fixed header that follows. */
void netlink_begin(struct netlink_message *message, uint16_t type, uint16_t flags, const void *header, size_t size);
/* Appends an attribute. */
void netlink_put(struct netlink_message *message, uint16_t type, const void *bytes, size_t size);
void netlink_put_u8(struct netlink_message *message, uint16_t type, uint8_t value);
void netlink_put_u16(struct netlink_message *message, uint16_t type, uint16_t value);
void netlink_put_u32(struct netlink_message *message, uint16_t type, uint32_t value);
/* Opens a nested attribute; returns what netlink_nest_end() takes. */
size_t netlink_nest_begin(struct netlink_message *message, uint16_t type);
void netlink_nest_end(struct netlink_message *message, size_t start);

/*
 * Sends the message (protocol NETLINK_ROUTE or NETLINK_GENERIC) and reads the answer to its end.
 * Returns 0 or errno; *why is the kernel's own explanation or "".
 */
int netlink_talk(int protocol, struct netlink_message *message, netlink_receiver *receive, void *context,
                 const char **why);

/* Closes the sockets that are kept: the next request opens new ones, in the namespace of that time. */
void netlink_close(void);
/* As netlink_close(), where the descriptors are gone already. */
void netlink_forget(void);

/* Number of a family of generic netlink; 0 when this kernel has none of that name. */
uint16_t netlink_family(const char *name);

/* The payload of attribute `type` among `size` bytes of attributes; NULL when it is not there. */
const void *netlink_find(const void *attributes, size_t size, uint16_t type, size_t *found_size);

#endif
