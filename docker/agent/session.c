/* Commands about the agent itself. */
#include "command.h"
#include "operation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

bool exit_requested;

static void add_feature(char *list, bool has, const char *name) {
  if (!has) return;
  if (*list != '\0') strcat(list, ",");
  strcat(list, name);
}

void answer_identity(void) {
  struct utsname system;
  char features[128] = "tcp,netlink,offload,counters,mark";
  uname(&system);
  add_feature(features, access("/proc/sys/net/mptcp/enabled", F_OK) == 0, "mptcp");
  add_feature(features, endpoint_available(), "endpoints");
  add_feature(features, access("/proc/sys/net/ipv6", F_OK) == 0, "ipv6");
  add_feature(features, access("/proc/sys/net", F_OK) == 0, "sysctl");
  add_feature(features, settle_available(), "settle");
  answer_number("protocol", 2);
  answer_text("name", "mptcp-agent");
  answer_text("stack", "linux");
  answer_text("kernel", system.release);
  answer_number("pid", getpid());
  answer_text("features", features);
}

void command_hello(const struct request *request) {
  answer_ok(request->id);
  answer_identity();
  answer_end();
}

void command_uname(const struct request *request) {
  struct utsname system;
  uname(&system);
  answer_ok(request->id);
  answer_text("sysname", system.sysname);
  answer_text("nodename", system.nodename);
  answer_text("release", system.release);
  answer_text("version", system.version);
  answer_text("machine", system.machine);
  answer_end();
}

void command_log(const struct request *request) {
  const char *text = arg_text(request, "text");
  log_line("%s", text == NULL ? "" : text);
  answer_done(request->id);
}

static bool sync_attempt(struct operation *operation, short revents) {
  (void)revents;
  if (!operation_is_first(operation)) return false;
  answer_done(operation->id);
  return true;
}

void command_sync(const struct request *request) {
  operation_start(request, (struct operation){.fd = -1, .attempt = sync_attempt});
}

void command_mark(const struct request *request) {
  sysctl_mark();
  answer_done(request->id);
}

void command_reset(const struct request *request) {
  const char *why = "", *why_remembered = "", *failed;
  operation_cancel(NULL);
  size_t sockets = handle_abort_all();
  connections_drop();
  int error = endpoint_reset(&why);
  int forgotten = peers_forget(&why_remembered);
  int sysctls = sysctl_restore(&failed);
  if (error != 0) answer_error(request->id, error, "endpoints: %s", why);
  else if (forgotten != 0) answer_error(request->id, forgotten, "TCP metrics: %s", why_remembered);
  else if (sysctls < 0) answer_error(request->id, EIO, "could not put back %s", failed);
  else {
    answer_ok(request->id);
    answer_unsigned("sockets", sockets);
    answer_number("sysctls", sysctls);
    answer_end();
  }
}

void command_exit(const struct request *request) {
  answer_done(request->id);
  exit_requested = true;
}
