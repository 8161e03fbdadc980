/* The agent as the first process of a virtual machine. */
#ifndef AGENT_INIT_H
#define AGENT_INIT_H

/*
 * Mounts /proc, /sys and /dev, loads the modules that /modules/order lists (a file name in /modules a line, uncompressed,
 * dependencies first), and takes the character device `control` as standard input and output. Exits when it cannot.
 */
void init_machine(const char *control);

/* Turns the machine off when this is its first process. */
void init_power_off(void);

#endif
