/* The commands, one function each. Every function answers exactly once, now or by an operation later. */
#ifndef AGENT_COMMAND_H
#define AGENT_COMMAND_H

#include "line.h"

typedef void command_function(const struct request *request);

#define COMMAND(name, function, keys) command_function function;
#include "commands.def"
#undef COMMAND

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
