/*
 * Segments of one folder that are opened and checked before a manifest names
 * them, so that nobody waits for that when it does.
 *
 *   begin   a thread opens the segment and keeps it
 *   find    whoever opens the manifest takes it, and waits where the thread is
 *           not done: that takes less than beginning anew
 *   sweep   what no manifest has named is let go
 *
 * Checks give way to queries as jobs of the worker do.  A large segment comes of
 * a merge, for which nobody waits: its check gives way to everything else.  What does not open is not kept, and not spoken of: it
 * may be half a file, and if it matters the manifest's reader will say so.
 * Threads end by themselves and keep what they use; all calls are for any
 * thread, but find may wait.
 */

#ifndef AUD_AHEAD_H
#define AUD_AHEAD_H

#include "aud_segment.h"

typedef struct aud_ahead_s  aud_ahead_t;

/* NULL when memory is out. */
aud_ahead_t *aud_ahead_create(const char *dir);
void         aud_ahead_free(aud_ahead_t *a);

/* Where there is no thread for it, or too many wait already, nothing is done. */
void aud_ahead_begin(aud_ahead_t *a, uint64_t number);

/* The segment, given away to the caller; NULL where there is none.  As
 * aud_segments_t has it, with arg an aud_ahead_t. */
aud_segment_t *aud_ahead_find(void *arg, uint64_t number, uint64_t checksum);

/* Lets go what was opened before that time. */
void aud_ahead_sweep(aud_ahead_t *a, int64_t before);

#endif
