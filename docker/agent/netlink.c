/* Netlink requests and their answers. The kernel answers within the request's system call, so nothing waits here. */
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int sockets[32]; /* by protocol; 0: not open yet */
static uint32_t sequence;
static char explanation[256];

static void append(struct netlink_message *message, const void *bytes, size_t size) {
  size_t padded = NLMSG_ALIGN(size);
  if (message->used + padded > sizeof message->bytes) abort(); /* no request comes near the size of the buffer */
  memset(message->bytes + message->used, 0, padded);
  if (size > 0) memcpy(message->bytes + message->used, bytes, size);
  message->used += padded;
}

void netlink_begin(struct netlink_message *message, uint16_t type, uint16_t flags, const void *header, size_t size) {
  struct nlmsghdr head = {.nlmsg_type = type,
                          .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                          .nlmsg_seq = ++sequence};
  message->used = 0;
  append(message, &head, sizeof head);
  append(message, header, size);
}

void netlink_put(struct netlink_message *message, uint16_t type, const void *bytes, size_t size) {
  struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
  append(message, &head, sizeof head);
  append(message, bytes, size);
}

void netlink_put_u8(struct netlink_message *message, uint16_t type, uint8_t value) {
  netlink_put(message, type, &value, sizeof value);
}

void netlink_put_u16(struct netlink_message *message, uint16_t type, uint16_t value) {
  netlink_put(message, type, &value, sizeof value);
}

void netlink_put_u32(struct netlink_message *message, uint16_t type, uint32_t value) {
  netlink_put(message, type, &value, sizeof value);
}

size_t netlink_nest_begin(struct netlink_message *message, uint16_t type) {
  size_t start = message->used;
  netlink_put(message, type | NLA_F_NESTED, NULL, 0);
  return start;
}

void netlink_nest_end(struct netlink_message *message, size_t start) {
  struct nlattr *head = (struct nlattr *)(message->bytes + start);
  head->nla_len = (uint16_t)(message->used - start);
}

void netlink_forget(void) { memset(sockets, 0, sizeof sockets); }

void netlink_close(void) {
  for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++)
    if (sockets[i] != 0) close(sockets[i]);
  netlink_forget();
}

static int open_socket(int protocol) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -1;
  int on = 1;
  struct timeval limit = {.tv_sec = 5}; /* a lost answer must not stop the agent for good */
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockets[protocol] = fd;
  return fd;
}

const void *netlink_find(const void *attributes, size_t size, uint16_t type, size_t *found_size) {
  const unsigned char *at = attributes;
  while (size >= NLA_HDRLEN) {
    const struct nlattr *attribute = (const struct nlattr *)at;
    if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > size) return NULL;
    if ((attribute->nla_type & NLA_TYPE_MASK) == type) {
      if (found_size != NULL) *found_size = attribute->nla_len - NLA_HDRLEN;
      return at + NLA_HDRLEN;
    }
    size_t step = NLA_ALIGN(attribute->nla_len);
    if (step > size) return NULL;
    at += step;
    size -= step;
  }
  return NULL;
}

/* The text that the kernel adds to an error (NLMSGERR_ATTR_MSG), when it adds one. */
static int read_error(const struct nlmsghdr *head) {
  const struct nlmsgerr *error = (const struct nlmsgerr *)((const char *)head + NLMSG_HDRLEN);
  size_t text_size = 0;
  size_t skip = NLMSG_HDRLEN + sizeof *error; /* NETLINK_CAP_ACK: the request is not echoed */
  if (error->error == 0 || (head->nlmsg_flags & NLM_F_ACK_TLVS) == 0 || head->nlmsg_len <= skip) return -error->error;
  const char *text = netlink_find((const char *)head + skip, head->nlmsg_len - skip, NLMSGERR_ATTR_MSG, &text_size);
  if (text != NULL && text_size > 0 && text_size < sizeof explanation) memcpy(explanation, text, text_size);
  explanation[sizeof explanation - 1] = '\0';
  return -error->error;
}

/* Reads one batch. Returns true when the answer is complete. */
static bool read_batch(const unsigned char *bytes, size_t size, netlink_receiver *receive, void *context, int *error) {
  const struct nlmsghdr *head = (const struct nlmsghdr *)bytes;
  for (; NLMSG_OK(head, size); head = NLMSG_NEXT(head, size)) {
    if (head->nlmsg_seq != sequence) continue; /* the late answer to an earlier request */
    if (head->nlmsg_type == NLMSG_ERROR) {
      *error = read_error(head);
      return true;
    }
    if (head->nlmsg_type == NLMSG_DONE) return true;
    if (receive != NULL) receive((const char *)head + NLMSG_HDRLEN, head->nlmsg_len - NLMSG_HDRLEN, context);
  }
  return false;
}

int netlink_talk(int protocol, struct netlink_message *message, netlink_receiver *receive, void *context,
                 const char **why) {
  static _Alignas(8) unsigned char answer[32768];
  memset(explanation, 0, sizeof explanation);
  *why = explanation;
  int fd = sockets[protocol] != 0 ? sockets[protocol] : open_socket(protocol);
  if (fd < 0) return errno;
  struct nlmsghdr *head = (struct nlmsghdr *)message->bytes;
  head->nlmsg_len = (uint32_t)message->used;
  if ((head->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) head->nlmsg_flags |= NLM_F_ACK;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (sendto(fd, message->bytes, message->used, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) return errno;
  int error = 0;
  for (;;) {
    ssize_t got = recv(fd, answer, sizeof answer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
    if (read_batch(answer, (size_t)got, receive, context, &error)) return error;
  }
}

static void take_family(const void *payload, size_t size, void *context) {
  size_t found;
  if (size < GENL_HDRLEN) return;
  const void *id = netlink_find((const char *)payload + GENL_HDRLEN, size - GENL_HDRLEN, CTRL_ATTR_FAMILY_ID, &found);
  if (id != NULL && found >= 2) memcpy(context, id, 2);
}

uint16_t netlink_family(const char *name) {
  struct genlmsghdr head = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
  struct netlink_message message;
  const char *why;
  uint16_t number = 0;
  netlink_begin(&message, GENL_ID_CTRL, 0, &head, sizeof head);
  netlink_put(&message, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
  return netlink_talk(NETLINK_GENERIC, &message, take_family, &number, &why) == 0 ? number : 0;
}
