/* Many agents from one small process, each in a network namespace of its own. */
#ifndef AGENT_NURSERY_H
#define AGENT_NURSERY_H

#include <stdbool.h>

/*
 * Listens on the abstract UNIX socket `name` and makes a child for every connection. In the child it returns true,
 * with a fresh network namespace and the connection as standard input and output; the child dies with the nursery.
 * In the nursery it returns false at the end of standard input.
 *
 * The nursery says on standard output: `nursery ready`; `started <pid>` for every connection, in their order (0 when
 * no process could be made); `exited <pid> status=<n>` or `exited <pid> signal=<n>`. Children log there, too, each
 * line begun with `<pid> `.
 */
bool nursery_serve(const char *name);

#endif
