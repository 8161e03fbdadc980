/* The table of commands with the arguments that each takes. */
#include "command.h"

#include <string.h>

static const struct command {
  const char *name;
  command_function *serve;
  const char *keys; /* separated by spaces */
} commands[] = {
#define COMMAND(name, function, keys) {name, function, keys},
#include "commands.def"
#undef COMMAND
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
    answer_bad(request->id, "%s takes no %s=; it takes: %s", command->name, request->args[i].key,
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
    answer_bad(request.id, "%s", problem);
    return;
  }
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    if (strcmp(commands[i].name, request.command) != 0) continue;
    dispatch(&commands[i], &request);
    return;
  }
  answer_bad(request.id, "%s: unknown command", request.command);
}
