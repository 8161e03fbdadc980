/* The commands, one function each. Every function answers exactly once, now or by an operation later. */
#ifndef AGENT_COMMAND_H
#define AGENT_COMMAND_H

#include "line.h"

typedef void command_function(const struct request *request);

/* session.c */
command_function command_hello, command_uname, command_log, command_sync, command_mark, command_reset, command_exit;
/* settle.c */
command_function command_settle;
/* socket.c */
command_function command_socket, command_bind, command_listen, command_accept, command_connect, command_connected,
    command_shutdown, command_close;
/* transfer.c */
command_function command_send, command_recv;
/* sockopt.c */
command_function command_setsockopt, command_getsockopt;
/* inspect.c */
command_function command_info, command_subflows, command_queued, command_poll;
/* link.c */
command_function command_link_up, command_link_get, command_link_wait, command_offload;
/* route.c */
command_function command_addr_add, command_addr_del, command_route_add, command_route_del, command_rule_add,
    command_rule_del, command_neigh_add, command_neigh_del;
/* endpoint.c */
command_function command_endpoint_add, command_endpoint_del, command_endpoint_set, command_endpoint_flush,
    command_endpoint_list, command_limits_set, command_limits_get;
/* sysctl.c */
command_function command_sysctl_set, command_sysctl_get;
/* counters.c */
command_function command_counters;

/* Fields of the greeting and of hello. */
void answer_identity(void);
/* Whether the main loop is to end, set by exit. */
extern bool exit_requested;

/* Serves one line. */
void command_serve(char *line);

/* Whether settle can be served here. */
bool settle_available(void);
/* Whether this kernel has the MPTCP path manager's netlink family. */
bool endpoint_available(void);
/* Removes all endpoints and puts back limits that were changed. Returns 0 or errno; *why says more. */
int endpoint_reset(const char **why);
/* Drops connections that have no socket any more, as far as this kernel can. */
void connections_drop(void);
/* Makes the kernel forget past peers. Returns 0 or errno, with *why. */
int peers_forget(const char **why);
/* Puts back every sysctl that was changed; returns how many, or -1 with the first that failed in *failed. */
int sysctl_restore(const char **failed);
/* Takes the sysctls as they are for those to be put back. */
void sysctl_mark(void);

#endif
