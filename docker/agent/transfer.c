/* Bytes of a stream: sending, receiving, and the pattern that makes them checkable. */
#include "address.h"
#include "command.h"
#include "operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536
#define SHOWN 1024 /* bytes that a recv answer shows, and the most that show= can ask for */
#define TURN 32    /* chunks that one operation moves before others have their turn */
#define HERE UINT64_MAX /* pattern offset not given: where the socket's stream stands when the operation's turn comes */

/*
 * Byte i of a direction's stream. 251 is prime, so the pattern falls in step with no power of two; the two shifted
 * terms tell apart bytes that lie a multiple of 251 from each other.
 */
static unsigned char pattern_byte(uint64_t i) {
  return (unsigned char)((i % 251 * 7 + (i >> 8) % 251 * 13 + (i >> 16) % 251 * 29) % 251);
}

static void free_state(struct operation *operation) { free(operation->state); }

static const struct {
  const char *name;
  int flag;
} flag_names[] = {{"oob", MSG_OOB}, {"peek", MSG_PEEK}, {"more", MSG_MORE}, {"fastopen", MSG_FASTOPEN}};

/* Reads `flags=` as MSG_* names joined by commas. */
static bool arg_flags(const struct request *request, int allowed, int *flags) {
  const char *text = arg_text(request, "flags");
  *flags = 0;
  while (text != NULL && *text != '\0') {
    size_t length = strcspn(text, ",");
    int flag = 0;
    for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++)
      if (strlen(flag_names[i].name) == length && memcmp(flag_names[i].name, text, length) == 0)
        flag = flag_names[i].flag;
    if ((flag & allowed) == 0) {
      answer_bad(request->id, "flags=: %s has no flag %.*s", request->command,
                   (int)(length > 64 ? 64 : length), text);
      return false;
    }
    *flags |= flag;
    text += length + (text[length] == ',');
  }
  return true;
}

struct sending {
  uint64_t total, done;
  uint64_t offset; /* of the pattern, or HERE */
  int flags;
  bool nowait;
  bool has_address; /* for MSG_FASTOPEN, once */
  struct sockaddr_storage address;
  socklen_t address_size;
  unsigned char *bytes; /* NULL: the pattern */
};

static void free_sending(struct operation *operation) {
  struct sending *sending = operation->state;
  free(sending->bytes);
  free(sending);
}

static void send_progress(const struct operation *operation, char *text, size_t room) {
  const struct sending *sending = operation->state;
  snprintf(text, room, "sent=%llu", (unsigned long long)sending->done);
}

static void answer_sent(const struct operation *operation) {
  const struct sending *sending = operation->state;
  answer_ok(operation->id);
  answer_unsigned("sent", sending->done);
  answer_end();
}

static ssize_t send_chunk(const struct operation *operation, struct sending *sending) {
  static unsigned char buffer[CHUNK];
  uint64_t left = sending->total - sending->done;
  size_t count = left < CHUNK ? (size_t)left : CHUNK;
  const unsigned char *from = buffer;
  if (sending->bytes != NULL) from = sending->bytes + sending->done;
  else
    for (size_t i = 0; i < count; i++) buffer[i] = pattern_byte(sending->offset + sending->done + i);
  int flags = sending->flags | MSG_NOSIGNAL | MSG_DONTWAIT;
  if (!sending->has_address) return send(operation->fd, from, count, flags & ~MSG_FASTOPEN);
  sending->has_address = false;
  ssize_t sent = sendto(operation->fd, from, count, flags, (struct sockaddr *)&sending->address, sending->address_size);
  if (sent >= 0 || errno == EINPROGRESS) {
    operation->handle->connecting = true;
    operation->handle->connect_error = 0;
  }
  return sent;
}

static bool send_attempt(struct operation *operation, short revents) {
  (void)revents;
  struct sending *sending = operation->state;
  if (sending->offset == HERE) sending->offset = operation->handle->sent;
  for (int turn = 0; sending->done < sending->total; turn++) {
    if (turn == TURN) return false;
    ssize_t sent = send_chunk(operation, sending);
    if (sent < 0 && errno == EINTR) continue;
    /* EINPROGRESS: no cookie, so the SYN went without data; the rest follows when the connection stands. */
    bool waits = sent < 0 && (errno == EAGAIN || errno == EINPROGRESS);
    if (waits && !sending->nowait) return false;
    if (sent < 0 && !(sending->nowait && sending->done > 0)) {
      operation_fail(operation, errno);
      return true;
    }
    if (sent > 0) {
      sending->done += (uint64_t)sent;
      operation->handle->sent += (uint64_t)sent;
    }
    if (sending->nowait) break;
  }
  answer_sent(operation);
  return true;
}

/* Decodes `hex=`. Answers `bad` and returns NULL when it is not hexadecimal. */
static unsigned char *arg_hex(const struct request *request, uint64_t *count) {
  const char *text = arg_text(request, "hex");
  size_t length = strlen(text);
  unsigned char *bytes = malloc(length / 2 + 1);
  bool good = bytes != NULL && length % 2 == 0 && strspn(text, "0123456789abcdefABCDEF") == length;
  if (!good) {
    if (bytes == NULL) answer_error(request->id, ENOMEM, "hex=");
    else answer_bad(request->id, "hex=: expected pairs of hexadecimal digits");
    free(bytes);
    return NULL;
  }
  for (size_t i = 0; i < length / 2; i++) {
    char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
    bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  *count = length / 2;
  return bytes;
}

static bool arg_send_address(const struct request *request, struct sending *sending) {
  struct address address;
  long long port = 0;
  if (arg_text(request, "addr") == NULL && (sending->flags & MSG_FASTOPEN) == 0) return true;
  if (!arg_address(request, "addr", false, &address) || !arg_need_number(request, "port", 1, 65535, &port))
    return false;
  sending->has_address = true;
  sending->address_size = address_to_socket(&address, (unsigned)port, &sending->address);
  return true;
}

static bool arg_sending(const struct request *request, struct sending *sending) {
  long long fill = -1, offset = -1;
  bool hex = arg_text(request, "hex") != NULL;
  if (!arg_number(request, "fill", 0, 1LL << 40, &fill) || !arg_number(request, "offset", 0, 1LL << 52, &offset))
    return false;
  int nowait = arg_flag(request, "nowait");
  if (nowait < 0 || !arg_flags(request, MSG_OOB | MSG_MORE | MSG_FASTOPEN, &sending->flags)) return false;
  if (hex == (fill >= 0)) {
    answer_bad(request->id, "send needs either hex= or fill=");
    return false;
  }
  if (!arg_send_address(request, sending)) return false;
  sending->nowait = nowait == 1;
  sending->offset = offset < 0 ? HERE : (uint64_t)offset;
  sending->total = (uint64_t)fill;
  if (hex) sending->bytes = arg_hex(request, &sending->total);
  return !hex || sending->bytes != NULL;
}

void command_send(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  struct sending *sending = calloc(1, sizeof *sending);
  if (sending == NULL) answer_error(request->id, ENOMEM, "send");
  else if (!arg_sending(request, sending)) free(sending);
  else
    operation_start(request, (struct operation){.handle = handle, .fd = handle->fd, .events = POLLOUT,
                                                .attempt = send_attempt, .progress = send_progress,
                                                .release = free_sending, .state = sending});
}

struct receiving {
  uint64_t wanted; /* 0: whatever comes first */
  bool until_eof, ended;
  int flags;
  uint64_t offset, done;
  bool differs;
  uint64_t difference; /* stream offset of the first byte that is not the pattern's */
  uint64_t digest;     /* FNV-1a, 64 bits */
  size_t to_show, shown;
  unsigned char head[SHOWN];
};

static void take(struct receiving *receiving, const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t at = receiving->offset + receiving->done + i;
    receiving->digest = (receiving->digest ^ bytes[i]) * 0x100000001b3ULL;
    if (receiving->shown < receiving->to_show) receiving->head[receiving->shown++] = bytes[i];
    if (receiving->differs || bytes[i] == pattern_byte(at)) continue;
    receiving->differs = true;
    receiving->difference = at;
  }
  receiving->done += count;
}

static void receive_progress(const struct operation *operation, char *text, size_t room) {
  const struct receiving *receiving = operation->state;
  char pattern[24] = "ok";
  if (receiving->differs) snprintf(pattern, sizeof pattern, "%llu", (unsigned long long)receiving->difference);
  snprintf(text, room, "bytes=%llu eof=%d pattern=%s digest=%016llx", (unsigned long long)receiving->done,
           receiving->ended, pattern, (unsigned long long)receiving->digest);
}

static void answer_received(const struct operation *operation) {
  const struct receiving *receiving = operation->state;
  char digest[20];
  snprintf(digest, sizeof digest, "%016llx", (unsigned long long)receiving->digest);
  answer_ok(operation->id);
  answer_unsigned("bytes", receiving->done);
  answer_number("eof", receiving->ended);
  if (receiving->differs) answer_unsigned("pattern", receiving->difference);
  else answer_text("pattern", "ok");
  answer_text("digest", digest);
  answer_hex("hex", receiving->head, receiving->shown);
  answer_end();
}

static bool received_enough(const struct receiving *receiving) {
  if (receiving->ended) return true;
  if (receiving->until_eof) return false;
  return receiving->done > 0 && receiving->done >= receiving->wanted;
}

static bool receive_attempt(struct operation *operation, short revents) {
  (void)revents;
  static unsigned char buffer[CHUNK];
  struct receiving *receiving = operation->state;
  bool aside = (receiving->flags & (MSG_PEEK | MSG_OOB)) != 0;
  if (receiving->offset == HERE) receiving->offset = operation->handle->received;
  for (int turn = 0; !received_enough(receiving); turn++) {
    if (turn == TURN) return false;
    size_t room = CHUNK;
    uint64_t left = receiving->wanted - receiving->done;
    if (receiving->wanted > 0 && left < room) room = (size_t)left;
    ssize_t got = recv(operation->fd, buffer, room, receiving->flags | MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return false;
    if (got < 0) {
      operation_fail(operation, errno);
      return true;
    }
    if (got == 0) receiving->ended = true;
    take(receiving, buffer, (size_t)got);
    if (!aside) operation->handle->received += (uint64_t)got;
    if (aside) break;
  }
  answer_received(operation);
  return true;
}

void command_recv(const struct request *request) {
  struct handle *handle = handle_need(request);
  if (handle == NULL) return;
  int flags;
  long long wanted = 0, offset = -1, shown = SHOWN;
  if (!arg_number(request, "bytes", 1, 1LL << 40, &wanted) || !arg_number(request, "offset", 0, 1LL << 52, &offset) ||
      !arg_number(request, "show", 0, SHOWN, &shown))
    return;
  int until_eof = arg_flag(request, "eof");
  if (until_eof < 0 || !arg_flags(request, MSG_PEEK | MSG_OOB, &flags)) return;
  if (until_eof == 1 && (wanted > 0 || flags != 0)) {
    answer_bad(request->id, "eof=1 goes with neither bytes= nor flags=");
    return;
  }
  struct receiving *receiving = calloc(1, sizeof *receiving);
  if (receiving == NULL) {
    answer_error(request->id, ENOMEM, "recv");
    return;
  }
  receiving->wanted = (uint64_t)wanted;
  receiving->until_eof = until_eof == 1;
  receiving->to_show = (size_t)shown;
  receiving->flags = flags;
  receiving->offset = offset < 0 ? HERE : (uint64_t)offset;
  receiving->digest = 0xcbf29ce484222325ULL;
  operation_start(request, (struct operation){.handle = handle, .fd = handle->fd,
                                              .events = (flags & MSG_OOB) != 0 ? POLLPRI : POLLIN,
                                              .attempt = receive_attempt,
                                              .progress = receive_progress, .release = free_state, .state = receiving});
}
