/* Names of error numbers. strerrorname_np() is glibc's alone; this works with any libc. */
#include "line.h"

#include <errno.h>
#include <stdio.h>

#define NAME(e) {e, #e}

static const struct {
  int number;
  const char *name;
} names[] = {
    NAME(EPERM), NAME(ENOENT), NAME(ESRCH), NAME(EINTR), NAME(EIO), NAME(ENXIO), NAME(E2BIG), NAME(EBADF), NAME(ECHILD),
    NAME(EAGAIN), NAME(ENOMEM), NAME(EACCES), NAME(EFAULT), NAME(EBUSY), NAME(EEXIST), NAME(EXDEV), NAME(ENODEV),
    NAME(ENOTDIR), NAME(EISDIR), NAME(EINVAL), NAME(ENFILE), NAME(EMFILE), NAME(ENOTTY), NAME(EFBIG), NAME(ENOSPC),
    NAME(EROFS), NAME(EMLINK), NAME(EPIPE), NAME(EDOM), NAME(ERANGE), NAME(ENAMETOOLONG), NAME(ENOSYS), NAME(ELOOP),
    NAME(ENODATA), NAME(EPROTO), NAME(EBADMSG), NAME(EOVERFLOW), NAME(ENOTSOCK), NAME(EDESTADDRREQ), NAME(EMSGSIZE),
    NAME(EPROTOTYPE), NAME(ENOPROTOOPT), NAME(EPROTONOSUPPORT), NAME(ESOCKTNOSUPPORT), NAME(EOPNOTSUPP),
    NAME(EPFNOSUPPORT), NAME(EAFNOSUPPORT), NAME(EADDRINUSE), NAME(EADDRNOTAVAIL), NAME(ENETDOWN), NAME(ENETUNREACH),
    NAME(ENETRESET), NAME(ECONNABORTED), NAME(ECONNRESET), NAME(ENOBUFS), NAME(EISCONN), NAME(ENOTCONN),
    NAME(ESHUTDOWN), NAME(ETOOMANYREFS), NAME(ETIMEDOUT), NAME(ECONNREFUSED), NAME(EHOSTDOWN), NAME(EHOSTUNREACH),
    NAME(EALREADY), NAME(EINPROGRESS), NAME(ECANCELED),
};

const char *errno_name(int error) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (names[i].number == error) return names[i].name;
  static char unnamed[16];
  snprintf(unnamed, sizeof unnamed, "E%d", error);
  return unnamed;
}
