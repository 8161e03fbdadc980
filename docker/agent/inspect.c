/* What the kernel says of a socket: MPTCP_INFO, TCP_INFO, subflows, queues, readiness. */
#include "address.h"
#include "command.h"
#include "operation.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define SOL_MPTCP_NUMBER 284        /* SOL_MPTCP, linux/socket.h */
#define MPTCP_INFO_NUMBER 1         /* MPTCP_INFO, linux/mptcp.h; so below */
#define MPTCP_SUBFLOW_ADDRS_NUMBER 3
#define FLAG_FALLBACK 1u            /* MPTCP_INFO_FLAG_FALLBACK */
#define FLAG_REMOTE_KEY 2u          /* MPTCP_INFO_FLAG_REMOTE_KEY_RECEIVED */
#define PROTO_MPTCP 262             /* IPPROTO_MPTCP, linux/in.h */

/* struct mptcp_info as newer kernels have it; older ones fill less and say how much. */
struct mptcp_facts {
  uint8_t subflows, add_addr_signal, add_addr_accepted, subflows_max, add_addr_signal_max, add_addr_accepted_max;
  uint32_t flags, token;
  uint64_t write_seq, snd_una, rcv_nxt;
  uint8_t local_addr_used, local_addr_max, csum_enabled;
  uint32_t retransmits;
  uint64_t bytes_retrans, bytes_sent, bytes_received, bytes_acked;
  uint8_t subflows_total, endp_laminar_max, endp_fullmesh_max, reserved;
  uint32_t last_data_sent, last_data_recv, last_ack_recv;
};

struct field {
  const char *name;
  size_t offset, size;
};

#define FACT(name) {#name, offsetof(struct mptcp_facts, name), sizeof((struct mptcp_facts *)0)->name}
#define TCP(name) {"tcp-" #name, offsetof(struct tcp_info, tcpi_##name), sizeof((struct tcp_info *)0)->tcpi_##name}

static const struct field mptcp_fields[] = {
    FACT(subflows), FACT(add_addr_signal), FACT(add_addr_accepted), FACT(subflows_max), FACT(add_addr_signal_max),
    FACT(add_addr_accepted_max), FACT(flags), FACT(token), FACT(write_seq), FACT(snd_una), FACT(rcv_nxt),
    FACT(local_addr_used), FACT(local_addr_max), FACT(csum_enabled), FACT(retransmits), FACT(bytes_retrans),
    FACT(bytes_sent), FACT(bytes_received), FACT(bytes_acked), FACT(subflows_total), FACT(endp_laminar_max),
    FACT(endp_fullmesh_max), FACT(last_data_sent), FACT(last_data_recv), FACT(last_ack_recv),
};

static const struct field tcp_fields[] = {
    TCP(ca_state), TCP(retransmits), TCP(probes), TCP(backoff), TCP(options), TCP(rto), TCP(snd_mss), TCP(rcv_mss),
    TCP(unacked), TCP(lost), TCP(retrans), TCP(pmtu), TCP(rtt), TCP(rttvar), TCP(snd_cwnd), TCP(total_retrans),
};

static void answer_fields(const struct field *fields, size_t count, const void *from, size_t filled) {
  for (size_t i = 0; i < count; i++) {
    const char *at = (const char *)from + fields[i].offset;
    if (fields[i].offset + fields[i].size > filled) continue; /* this kernel does not have the field */
    uint64_t value = 0;
    if (fields[i].size == 1) value = *(const uint8_t *)at;
    else if (fields[i].size == 4) value = *(const uint32_t *)at;
    else value = *(const uint64_t *)at;
    answer_unsigned(fields[i].name, value);
  }
}

static void answer_tcp(int fd) {
  static const char *const states[] = {"NONE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
                                       "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
                                       "NEW_SYN_RECV"};
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return; /* kernels before 5.16 have none for MPTCP */
  answer_text("tcp-state", info.tcpi_state < sizeof states / sizeof states[0] ? states[info.tcpi_state] : "?");
  answer_fields(tcp_fields, sizeof tcp_fields / sizeof tcp_fields[0], &info, size);
}

/* `mptcp=1`: the connection speaks MPTCP. After a fall back the kernel refuses MPTCP_INFO or sets the flag. */
void command_info(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  int proto = 0;
  socklen_t size = sizeof proto;
  if (getsockopt(handle->fd, SOL_SOCKET, SO_PROTOCOL, &proto, &size) < 0) {
    answer_error(request->id, errno, "getsockopt SO_PROTOCOL");
    return;
  }
  struct mptcp_facts facts = {0};
  size = sizeof facts;
  bool known = getsockopt(handle->fd, SOL_MPTCP_NUMBER, MPTCP_INFO_NUMBER, &facts, &size) == 0;
  int refusal = known ? 0 : errno;
  answer_ok(request->id);
  answer_text("proto", proto == PROTO_MPTCP ? "mptcp" : proto == IPPROTO_TCP ? "tcp" : "?");
  answer_number("mptcp", known && (facts.flags & FLAG_FALLBACK) == 0);
  if (known) {
    answer_number("fallback", (facts.flags & FLAG_FALLBACK) != 0);
    answer_number("remote_key", (facts.flags & FLAG_REMOTE_KEY) != 0);
    answer_fields(mptcp_fields, sizeof mptcp_fields / sizeof mptcp_fields[0], &facts, size);
  } else {
    answer_number("fallback", proto == PROTO_MPTCP && handle->connect_error == 0 && !handle->connecting);
    answer_text("mptcp_info", errno_name(refusal));
  }
  answer_tcp(handle->fd);
  struct sockaddr_storage address;
  size = sizeof address;
  if (getsockname(handle->fd, (struct sockaddr *)&address, &size) == 0) answer_socket_address("", &address);
  size = sizeof address;
  if (getpeername(handle->fd, (struct sockaddr *)&address, &size) == 0) answer_socket_address("peer-", &address);
  answer_end();
}

/* struct mptcp_subflow_data and struct mptcp_subflow_addrs, linux/mptcp.h. */
struct subflow_list {
  struct {
    uint32_t own_size, count, kernel_size, user_size;
  } __attribute__((aligned(8))) head;
  struct {
    struct sockaddr_storage local, remote;
  } subflow[16];
};

void command_subflows(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  struct subflow_list list;
  memset(&list, 0, sizeof list);
  list.head.own_size = sizeof list.head;
  list.head.user_size = sizeof list.subflow[0];
  socklen_t size = sizeof list;
  if (getsockopt(handle->fd, SOL_MPTCP_NUMBER, MPTCP_SUBFLOW_ADDRS_NUMBER, &list, &size) < 0) {
    answer_error(request->id, errno, "getsockopt MPTCP_SUBFLOW_ADDRS");
    return;
  }
  answer_ok(request->id);
  answer_number("count", list.head.count);
  for (unsigned i = 0; i < list.head.count && i < 16; i++) {
    char prefix[16];
    snprintf(prefix, sizeof prefix, "%u.", i);
    answer_socket_address(prefix, &list.subflow[i].local);
    snprintf(prefix, sizeof prefix, "%u.peer-", i);
    answer_socket_address(prefix, &list.subflow[i].remote);
  }
  answer_end();
}

void command_queued(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  int in = 0, out = 0;
  if (ioctl(handle->fd, SIOCINQ, &in) < 0) answer_error(request->id, errno, "SIOCINQ");
  else if (ioctl(handle->fd, SIOCOUTQ, &out) < 0) answer_error(request->id, errno, "SIOCOUTQ");
  else {
    answer_ok(request->id);
    answer_number("in", in);
    answer_number("out", out);
    answer_end();
  }
}

static const struct {
  const char *name;
  short event;
} events[] = {{"readable", POLLIN}, {"writable", POLLOUT}, {"urgent", POLLPRI},
              {"rdhup", POLLRDHUP}, {"hup", POLLHUP},      {"err", POLLERR}};

#define EVENT_COUNT (sizeof events / sizeof events[0])

/* The wait ends with POLLHUP and POLLERR in any case: poll() goes on reporting them. */
static bool poll_attempt(struct operation *operation, short revents) {
  struct pollfd polled = {.fd = operation->fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};
  if (poll(&polled, 1, 0) < 0) {
    answer_error(operation->id, errno, "poll");
    return true;
  }
  bool waits = operation->state != NULL;
  (void)revents;
  if (waits && (polled.revents & (operation->events | POLLHUP | POLLERR)) == 0) return false;
  answer_ok(operation->id);
  for (size_t i = 0; i < EVENT_COUNT; i++) answer_number(events[i].name, (polled.revents & events[i].event) != 0);
  answer_end();
  return true;
}

void command_poll(const struct request *request) {
  static char waits;
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  const char *wait = arg_text(request, "wait");
  struct operation operation = {.handle = handle, .fd = handle->fd, .attempt = poll_attempt};
  for (size_t i = 0; wait != NULL && i < EVENT_COUNT; i++) {
    if (strcmp(events[i].name, wait) != 0) continue;
    operation.events = events[i].event;
    operation.state = &waits;
  }
  if (wait != NULL && operation.state == NULL) {
    answer_bad(request->id, "wait=%.64s: expected readable, writable, urgent, rdhup, hup or err", wait);
    return;
  }
  operation_start(request, operation);
}
