/*
 * Blocks of source records on their way from the thread that reads a file to
 * those that use them.  Each user takes all blocks, in order, at its own pace.
 */

#ifndef BLOCK_FEED_H
#define BLOCK_FEED_H

#include <stdint.h>

#include "aud_str.h"

typedef struct block_feed_s  block_feed_t;

/* NULL when memory is out. */
block_feed_t *block_feed_create(void);

/* Nobody may use it any more. */
void block_feed_free(block_feed_t *feed);

/* The next block, finished.  Its bytes stay where they are until the end. */
void block_feed_add(block_feed_t *feed, aud_str_t block);

/* No more blocks come.  May be called again. */
void block_feed_end(block_feed_t *feed);

/* Waits for block i, from 0.  1, or 0 where there are no more, -1 where one was
 * lost. */
int  block_feed_next(block_feed_t *feed, uint32_t i, aud_str_t *block);

#endif
