/* Lines of the agent protocol: requests in, answers out. See docs/agent-protocol.md. */
#ifndef AGENT_LINE_H
#define AGENT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_LIMIT 65536 /* bytes of a request line, its newline not counted */
#define ID_LIMIT 64      /* bytes of a request's id */
#define ARG_LIMIT 64     /* arguments of a request */

struct arg {
  const char *key;
  const char *value;
};

struct request {
  const char *id;      /* "-" when the line holds no usable id */
  const char *command; /* NULL when the line holds none */
  struct arg args[ARG_LIMIT];
  size_t count;
};

/* Splits a line in place. Returns NULL, or what is wrong with the line; the id is set in both cases. */
const char *request_parse(char *line, struct request *request);

/* The value of an argument, or NULL when it was not given. */
const char *arg_text(const struct request *request, const char *key);

/* As arg_text, but answers `bad` and returns NULL when the argument is missing. */
const char *arg_need(const struct request *request, const char *key);

/*
 * Reads a decimal (or 0x) number. Leaves *value alone when the argument was not given.
 * Answers `bad` and returns false when it is not a number or out of range.
 */
bool arg_number(const struct request *request, const char *key, long long min, long long max, long long *value);

/* As arg_number, but the argument has to be there. */
bool arg_need_number(const struct request *request, const char *key, long long min, long long max, long long *value);

/* 1 for `key=1`, 0 for `key=0` or absent, -1 when neither (answered `bad`). */
int arg_flag(const struct request *request, const char *key);

/* "ENOENT" for ENOENT; "E<number>" for what has no name here. */
const char *errno_name(int error);

/* An answer is made of answer_ok, any number of fields, answer_end. */
void answer_ok(const char *id);
void answer_text(const char *key, const char *value);
void answer_number(const char *key, long long value);
void answer_unsigned(const char *key, uint64_t value);
void answer_hex(const char *key, const void *bytes, size_t count);
void answer_end(void);

/* An answer without fields. */
void answer_done(const char *id);

/* `<id> bad <text>`: the request was not understood. Never for what the stack refuses: that is answer_error. */
void answer_bad(const char *id, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `<id> err <errno> <NAME> <text>`: the stack's own error. The text is one line; it may be empty. */
void answer_error(const char *id, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Bytes of answers that wait for standard output. */
size_t output_waiting(void);

/* Writes what can be written without blocking. A closed standard output is said once on stderr and then ignored. */
void output_flush(void);

/* Begins the greeting; fields and answer_end follow. */
void greeting_begin(void);

/* Writes a line to stderr. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From here on every line of the log begins with the process id: several agents write to one log. */
void log_with_pid(void);

#endif
