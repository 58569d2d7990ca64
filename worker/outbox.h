/*
 * The outbox: e-mails as .eml files, for installations without an SMTP server.
 * Blocks; mail threads only.
 */

#ifndef OUTBOX_H
#define OUTBOX_H

#include "aud_error.h"
#include "aud_str.h"

/*
 * Writes <root>/outbox/<name>.eml: the file and its name are on disk when this
 * returns 0, and nobody ever sees half of it.  A file of that name is replaced.
 */
int outbox_write(const char *root, const char *name, aud_str_t message,
    aud_error_t *err);

#endif
