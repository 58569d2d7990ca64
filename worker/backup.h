/*
 * Backups: what cannot be made anew of the data root, as it was at one moment.
 *
 *   DIR/db, DIR/spool     the store, and the uploads that it waits for
 *   DIR/erased            the list of who was erased (erased.h), with its key
 *
 * A worker that runs lays db and spool aside for the program that asks it,
 * by hard links in <root>/backup, for as long as that is connected
 * (api_backup.c); the program copies them.  So the worker needs no right to
 * write elsewhere, and goes on while many files are copied.
 */

#ifndef BACKUP_H
#define BACKUP_H

#include "aud_error.h"
#include "settings.h"
#include "tree.h"

#define BACKUP_FOLDER  "backup"         /* in the data root */

/*
 * Makes a backup at `dir`, which must not be there; synced when this returns 0.
 * Until then its name ends with ".partial", and on -1 with err nothing is left.
 * Where no worker runs the files are taken as they lie, and none can be started
 * meanwhile.  Blocks; in a process of its own.
 */
int  backup_make(const settings_t *settings, const char *dir,
    tree_size_t *size, aud_error_t *err);

/* What was laid aside goes, whether or not it is there; so at each start.  Any
 * thread. */
void backup_clear(const char *root);

#endif
