/* Sockets: making, connecting, accepting, closing. */
#include "address.h"
#include "command.h"
#include "operation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROTO_MPTCP 262 /* IPPROTO_MPTCP, linux/in.h */

static void answer_names(int fd) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &size) == 0) answer_socket_address("", &address);
  size = sizeof address;
  if (getpeername(fd, (struct sockaddr *)&address, &size) == 0) answer_socket_address("peer-", &address);
}

/* Answers why handle_name_usable() said no: the name is wrong or taken, or there is no room. */
static void answer_name_unusable(const char *id, const char *key, const char *name) {
  if (errno == ENFILE) answer_error(id, errno, "%s=: too many sockets are open", key);
  else if (errno == EEXIST) answer_bad(id, "%s=%.80s: a socket has that name", key, name);
  else answer_bad(id, "%s=%.80s: a name has 1 to 64 bytes", key, name);
}

void command_socket(const struct request *request) {
  const char *family = arg_need(request, "family");
  if (family == NULL) return;
  const char *proto = arg_text(request, "proto");
  if (proto == NULL) proto = "mptcp";
  bool v4 = strcmp(family, "ipv4") == 0, mptcp = strcmp(proto, "mptcp") == 0;
  if (!v4 && strcmp(family, "ipv6") != 0) {
    answer_bad(request->id, "family=%.64s: expected ipv4 or ipv6", family);
    return;
  }
  if (!mptcp && strcmp(proto, "tcp") != 0) {
    answer_bad(request->id, "proto=%.64s: expected mptcp or tcp", proto);
    return;
  }
  const char *name = arg_text(request, "name");
  if (!handle_name_usable(name)) {
    answer_name_unusable(request->id, "name", name);
    return;
  }
  int af = v4 ? AF_INET : AF_INET6;
  int fd = socket(af, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, mptcp ? PROTO_MPTCP : IPPROTO_TCP);
  if (fd < 0) {
    answer_error(request->id, errno, "%s socket%s", proto,
                 mptcp && errno == ENOPROTOOPT ? ": net.mptcp.enabled is 0" : "");
    return;
  }
  struct handle *handle = handle_add(name, fd, af);
  if (handle == NULL) {
    answer_error(request->id, errno, "no room for another socket");
    close(fd);
    return;
  }
  answer_ok(request->id);
  answer_text("fd", handle->name);
  answer_end();
}

void command_bind(const struct request *request) {
  struct handle *handle = handle_need(request);
  struct address address;
  long long port = 0;
  if (handle == NULL || !arg_address(request, "addr", false, &address)) return;
  if (!arg_number(request, "port", 0, 65535, &port)) return;
  struct sockaddr_storage to;
  socklen_t size = address_to_socket(&address, (unsigned)port, &to);
  if (bind(handle->fd, (struct sockaddr *)&to, size) < 0) {
    answer_error(request->id, errno, "bind");
    return;
  }
  answer_ok(request->id);
  answer_names(handle->fd);
  answer_end();
}

void command_listen(const struct request *request) {
  struct handle *handle = handle_need(request);
  long long backlog = 128;
  if (handle == NULL || !arg_number(request, "backlog", 0, 65535, &backlog)) return;
  if (listen(handle->fd, (int)backlog) < 0) {
    answer_error(request->id, errno, "listen");
    return;
  }
  answer_ok(request->id);
  answer_names(handle->fd);
  answer_end();
}

static bool accept_attempt(struct operation *operation, short revents) {
  (void)revents;
  const char *name = operation->state;
  if (!handle_name_usable(name)) { /* checked before, but another operation may have taken it since */
    answer_name_unusable(operation->id, "as", name);
    return true;
  }
  int fd = accept4(operation->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (fd < 0) {
    answer_error(operation->id, errno, "accept");
    return true;
  }
  struct handle *handle = handle_add(name, fd, operation->handle->family);
  if (handle == NULL) {
    answer_error(operation->id, errno, "no room for another socket");
    close(fd);
    return true;
  }
  handle->connect_error = 0;
  answer_ok(operation->id);
  answer_text("fd", handle->name);
  answer_names(fd);
  answer_end();
  return true;
}

static void free_state(struct operation *operation) { free(operation->state); }

void command_accept(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  const char *as = arg_text(request, "as");
  if (!handle_name_usable(as)) {
    answer_name_unusable(request->id, "as", as);
    return;
  }
  char *name = as == NULL ? NULL : strdup(as);
  if (as != NULL && name == NULL) {
    answer_error(request->id, ENOMEM, "accept");
    return;
  }
  operation_start(request, (struct operation){.handle = handle, .fd = handle->fd, .events = POLLIN,
                                              .attempt = accept_attempt, .release = free_state, .state = name});
}

static bool answer_connect_result(const struct operation *operation) {
  if (operation->handle->connect_error != 0) {
    answer_error(operation->id, operation->handle->connect_error, "connect");
    return true;
  }
  answer_ok(operation->id);
  answer_names(operation->fd);
  answer_end();
  return true;
}

/* The first attempt comes before poll() has seen the socket, so it tells only of a connect() that ended at once. */
static bool connect_attempt(struct operation *operation, short revents) {
  struct handle *handle = operation->handle;
  if (!handle->connecting) return answer_connect_result(operation);
  if (revents == 0) return false;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(handle->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  struct sockaddr_storage peer;
  size = sizeof peer;
  if (error == 0 && getpeername(handle->fd, (struct sockaddr *)&peer, &size) < 0) {
    if ((revents & (POLLERR | POLLHUP)) == 0) return false;
    error = errno;
  }
  handle->connecting = false;
  handle->connect_error = error;
  return answer_connect_result(operation);
}

static void wait_connected(const struct request *request, struct handle *handle) {
  operation_start(request, (struct operation){.handle = handle, .fd = handle->fd, .events = POLLOUT,
                                              .attempt = connect_attempt});
}

static bool bind_from(const struct request *request, const struct handle *handle) {
  struct address from;
  long long port = 0;
  if (arg_text(request, "from") == NULL) return true;
  if (!arg_address(request, "from", false, &from) || !arg_number(request, "from-port", 0, 65535, &port)) return false;
  struct sockaddr_storage local;
  socklen_t size = address_to_socket(&from, (unsigned)port, &local);
  if (bind(handle->fd, (struct sockaddr *)&local, size) == 0) return true;
  answer_error(request->id, errno, "bind to from=");
  return false;
}

void command_connect(const struct request *request) {
  struct handle *handle = handle_need(request);
  struct address address;
  long long port = 0;
  if (handle == NULL || !arg_address(request, "addr", false, &address)) return;
  if (!arg_need_number(request, "port", 1, 65535, &port)) return;
  int nowait = arg_flag(request, "nowait");
  if (nowait < 0 || !bind_from(request, handle)) return;
  struct sockaddr_storage to;
  socklen_t size = address_to_socket(&address, (unsigned)port, &to);
  int error = connect(handle->fd, (struct sockaddr *)&to, size) == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) {
    if (!handle->connecting) handle->connect_error = error;
    answer_error(request->id, error, "connect");
    return;
  }
  handle->connecting = error == EINPROGRESS;
  handle->connect_error = 0;
  if (nowait == 0) {
    wait_connected(request, handle);
    return;
  }
  answer_ok(request->id);
  answer_names(handle->fd);
  answer_end();
}

void command_connected(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  if (!handle->connecting && handle->connect_error < 0) {
    answer_error(request->id, ENOTCONN, "%s was never told to connect", handle->name);
    return;
  }
  wait_connected(request, handle);
}

void command_shutdown(const struct request *request) {
  struct handle *handle = handle_need(request);
  const char *how = handle == NULL ? NULL : arg_need(request, "how");
  if (how == NULL) return;
  int number = strcmp(how, "rd") == 0     ? SHUT_RD
               : strcmp(how, "wr") == 0   ? SHUT_WR
               : strcmp(how, "rdwr") == 0 ? SHUT_RDWR
                                          : -1;
  if (number < 0) answer_bad(request->id, "how=%.64s: expected rd, wr or rdwr", how);
  else if (shutdown(handle->fd, number) < 0) answer_error(request->id, errno, "shutdown");
  else answer_done(request->id);
}

void command_close(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  handle_close(handle);
  answer_done(request->id);
}
