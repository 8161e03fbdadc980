/* The table of commands with the arguments that each takes. */
#include "command.h"

#include <errno.h>
#include <string.h>

static const struct command {
  const char *name;
  command_function *serve;
  const char *keys; /* separated by spaces */
} commands[] = {
    {"hello", command_hello, ""},
    {"uname", command_uname, ""},
    {"log", command_log, "text"},
    {"sync", command_sync, "timeout"},
    {"settle", command_settle, ""},
    {"mark", command_mark, ""},
    {"reset", command_reset, ""},
    {"exit", command_exit, ""},
    {"socket", command_socket, "family proto name"},
    {"bind", command_bind, "fd addr port"},
    {"listen", command_listen, "fd backlog"},
    {"accept", command_accept, "fd as timeout"},
    {"connect", command_connect, "fd addr port from from-port nowait timeout"},
    {"connected", command_connected, "fd timeout"},
    {"shutdown", command_shutdown, "fd how"},
    {"close", command_close, "fd"},
    {"send", command_send, "fd hex fill offset flags addr port nowait timeout"},
    {"recv", command_recv, "fd bytes eof offset flags show timeout"},
    {"setsockopt", command_setsockopt, "fd level name value hex"},
    {"getsockopt", command_getsockopt, "fd level name size"},
    {"info", command_info, "fd"},
    {"subflows", command_subflows, "fd"},
    {"queued", command_queued, "fd"},
    {"poll", command_poll, "fd wait timeout"},
    {"link-up", command_link_up, "dev up mtu"},
    {"link-get", command_link_get, "dev"},
    {"link-wait", command_link_wait, "dev running timeout"},
    {"offload", command_offload, "dev off"},
    {"addr-add", command_addr_add, "dev addr noprefixroute"},
    {"addr-del", command_addr_del, "dev addr"},
    {"route-add", command_route_add, "dst via dev src metric table type family replace"},
    {"route-del", command_route_del, "dst via dev src metric table type family"},
    {"rule-add", command_rule_add, "from to fwmark table priority family"},
    {"rule-del", command_rule_del, "from to fwmark table priority family"},
    {"neigh-add", command_neigh_add, "dev addr lladdr"},
    {"neigh-del", command_neigh_del, "dev addr"},
    {"endpoint-add", command_endpoint_add, "addr port id dev flags"},
    {"endpoint-del", command_endpoint_del, "id addr"},
    {"endpoint-set", command_endpoint_set, "id addr port flags"},
    {"endpoint-flush", command_endpoint_flush, ""},
    {"endpoint-list", command_endpoint_list, ""},
    {"limits-set", command_limits_set, "subflows add-addr-accepted"},
    {"limits-get", command_limits_get, ""},
    {"sysctl-set", command_sysctl_set, "name value"},
    {"sysctl-get", command_sysctl_get, "name"},
    {"counters", command_counters, "prefix"},
};

static bool takes(const char *keys, const char *key) {
  size_t length = strlen(key);
  for (const char *at = keys; (at = strstr(at, key)) != NULL; at += length) {
    bool begins = at == keys || at[-1] == ' ';
    if (begins && (at[length] == ' ' || at[length] == '\0')) return true;
  }
  return false;
}

static void dispatch(const struct command *command, const struct request *request) {
  for (size_t i = 0; i < request->count; i++) {
    if (takes(command->keys, request->args[i].key)) continue;
    answer_error(request->id, EINVAL, "%s takes no %s=; it takes: %s", command->name, request->args[i].key,
                 *command->keys == '\0' ? "nothing" : command->keys);
    return;
  }
  command->serve(request);
}

void command_serve(char *line) {
  if (line[strspn(line, " ")] == '\0') return; /* an empty line asks for nothing */
  struct request request;
  const char *problem = request_parse(line, &request);
  if (problem != NULL) {
    answer_error(request.id, EINVAL, "%s", problem);
    return;
  }
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    if (strcmp(commands[i].name, request.command) != 0) continue;
    dispatch(&commands[i], &request);
    return;
  }
  answer_error(request.id, ENOSYS, "%s: unknown command", request.command);
}
