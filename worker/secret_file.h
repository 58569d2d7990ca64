/*
 * Passwords and keys that stand in files of their own, so that the settings
 * hold none.  Any thread.
 */

#ifndef SECRET_FILE_H
#define SECRET_FILE_H

#include <stddef.h>

#include "aud_error.h"

/*
 * The first line of the file, without its end, in out with a NUL.  -1 where it
 * cannot be read, where it is longer than out holds, and where all users of the
 * machine may read or write it; errors name the path and never the content.
 * The caller wipes out (explicit_bzero) when it has had its use.
 */
int secret_file_read(const char *path, char *out, size_t size,
    aud_error_t *err);

#endif
