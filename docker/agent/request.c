/* Request lines: splitting, percent-decoding, reading of arguments. */
#include "line.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_word(const char *text, size_t limit) {
  size_t length = strlen(text);
  if (length == 0 || length > limit) return false;
  for (size_t i = 0; i < length; i++)
    if (!isalnum((unsigned char)text[i]) && strchr("._:-", text[i]) == NULL) return false;
  return true;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Decodes %XX in place. NUL cannot be carried: values are C strings here, and bytes travel as hex. */
static bool percent_decode(char *text) {
  char *to = text;
  for (const char *from = text; *from != '\0'; from++) {
    if (*from != '%') {
      *to++ = *from;
      continue;
    }
    int high = hex_digit(from[1]);
    int low = high < 0 ? -1 : hex_digit(from[2]);
    if (low < 0 || (high == 0 && low == 0)) return false;
    *to++ = (char)(high * 16 + low);
    from += 2;
  }
  *to = '\0';
  return true;
}

static bool has_control(const char *text) {
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f) return true;
  return false;
}

/* Cuts the next word off at a space. */
static char *next_word(char **rest) {
  char *word = *rest + strspn(*rest, " ");
  if (*word == '\0') return NULL;
  char *end = word + strcspn(word, " ");
  *rest = *end == '\0' ? end : end + 1;
  *end = '\0';
  return word;
}

static const char *add_arg(struct request *request, char *word) {
  char *equals = strchr(word, '=');
  if (equals == NULL) return "an argument is key=value";
  *equals = '\0';
  if (!is_word(word, 128)) return "a key is made of letters, digits and ._:-";
  if (strchr(equals + 1, '=') != NULL) return "a value writes = as %3D";
  if (!percent_decode(equals + 1)) return "a value has % only before two hexadecimal digits other than 00";
  if (arg_text(request, word) != NULL) return "an argument is given twice";
  if (request->count == ARG_LIMIT) return "more than 64 arguments";
  request->args[request->count++] = (struct arg){word, equals + 1};
  return NULL;
}

const char *request_parse(char *line, struct request *request) {
  *request = (struct request){.id = "-"};
  bool control = has_control(line);
  char *rest = line;
  char *id = next_word(&rest);
  if (id == NULL || !is_word(id, ID_LIMIT)) return "a request begins with an id of up to 64 letters, digits and ._:-";
  request->id = id;
  if (control) return "a line holds no control characters";
  char *command = next_word(&rest);
  if (command == NULL || !is_word(command, 64)) return "a command follows the id";
  request->command = command;
  for (char *word = next_word(&rest); word != NULL; word = next_word(&rest)) {
    const char *problem = add_arg(request, word);
    if (problem != NULL) return problem;
  }
  return NULL;
}

const char *arg_text(const struct request *request, const char *key) {
  for (size_t i = 0; i < request->count; i++)
    if (strcmp(request->args[i].key, key) == 0) return request->args[i].value;
  return NULL;
}

const char *arg_need(const struct request *request, const char *key) {
  const char *value = arg_text(request, key);
  if (value == NULL || *value == '\0') {
    answer_bad(request->id, "%s needs %s=", request->command, key);
    return NULL;
  }
  return value;
}

bool arg_number(const struct request *request, const char *key, long long min, long long max, long long *value) {
  const char *text = arg_text(request, key);
  if (text == NULL) return true;
  char *end;
  errno = 0;
  int base = strncmp(text, "0x", 2) == 0 ? 16 : 10;
  bool starts = isdigit((unsigned char)text[0]) || (text[0] == '-' && isdigit((unsigned char)text[1]));
  long long number = starts ? strtoll(text, &end, base) : 0;
  if (!starts || *end != '\0' || errno != 0 || number < min || number > max) {
    answer_bad(request->id, "%s=%.64s: expected a number from %lld to %lld", key, text, min, max);
    return false;
  }
  *value = number;
  return true;
}

bool arg_need_number(const struct request *request, const char *key, long long min, long long max, long long *value) {
  return arg_need(request, key) != NULL && arg_number(request, key, min, max, value);
}

int arg_flag(const struct request *request, const char *key) {
  long long value = 0;
  return arg_number(request, key, 0, 1, &value) ? (int)value : -1;
}
