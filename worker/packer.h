/*
 * Packs the blocks of source records of an import as they are stored, in a
 * thread of its own, while the import goes on: the store writes and syncs less
 * than half the bytes then.
 */

#ifndef PACKER_H
#define PACKER_H

#include "aud_buffer.h"
#include "block_feed.h"

typedef struct packer_s  packer_t;

/* The feed is borrowed.  NULL when memory is out. */
packer_t *packer_create(block_feed_t *feed);

/* The feed has ended. */
void      packer_free(packer_t *p);

/* Waits until all blocks are packed.  -1 when memory is out.  May be called
 * again. */
int       packer_finish(packer_t *p);

/* After finish: the blocks, as many as the feed had. */
aud_str_t packer_block(const packer_t *p, uint32_t i);

#endif
