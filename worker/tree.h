/*
 * Folders with all that is in them: files and folders, no links of either kind
 * and nothing else, as they belong into a data root.  Any thread.
 */

#ifndef TREE_H
#define TREE_H

#include "aud_error.h"

typedef struct {
    unsigned long long  files;
    unsigned long long  bytes;
} tree_size_t;

/*
 * Copies a folder to `to`, which must not be there, with modes and, for root,
 * owners; each file and folder of the copy is synced.  Adds to *size.  What
 * changes in `from` meanwhile may be missing, or fail it.  -1 with err, leaving
 * what was copied.
 */
int  tree_copy(const char *from, const char *to, tree_size_t *size,
    aud_error_t *err);

/* Removes a folder or file, whether or not it is there. */
void tree_remove(const char *path);

#endif
