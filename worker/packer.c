#include <pthread.h>

#include "aud_alloc.h"
#include "packer.h"
#include "records.h"

struct packer_s {
    block_feed_t  *feed;
    aud_buffer_t   bytes;           /* of all blocks */
    aud_buffer_t   ends;            /* size_t each: where they end in bytes */
    pthread_t      thread;
    int            started;         /* the creator's */
    int            finished;        /* too */
    int            failed;          /* the thread's */
};


static void *packer_thread(void *arg);


packer_t *
packer_create(block_feed_t *feed)
{
    packer_t  *p;

    p = aud_calloc(1, sizeof(packer_t));

    if (p) {
        p->feed = feed;
        p->started = pthread_create(&p->thread, NULL, packer_thread, p) == 0;
    }

    return p;
}


void
packer_free(packer_t *p)
{
    if (p == NULL) {
        return;
    }

    if (p->started) {
        pthread_join(p->thread, NULL);
    }

    aud_buffer_free(&p->bytes);
    aud_buffer_free(&p->ends);
    aud_free(p);
}


int
packer_finish(packer_t *p)
{
    if (p->started) {
        pthread_join(p->thread, NULL);
        p->started = 0;

    } else if (!p->finished) {
        packer_thread(p);       /* there was no thread to be had */
    }

    p->finished = 1;

    return p->failed || p->bytes.failed || p->ends.failed ? -1 : 0;
}


aud_str_t
packer_block(const packer_t *p, uint32_t i)
{
    size_t         from;
    const size_t  *ends = (const size_t *) p->ends.data;

    from = i ? ends[i - 1] : 0;

    return aud_str(p->bytes.data + from, ends[i] - from);
}


static void *
packer_thread(void *arg)
{
    int         rc;
    uint32_t    i;
    packer_t   *p = arg;
    aud_str_t   block;

    for (i = 0; (rc = block_feed_next(p->feed, i, &block)) == 1; i++) {
        record_block_pack(&p->bytes, block);
        aud_buffer_add(&p->ends, &p->bytes.len, sizeof(size_t));
    }

    p->failed = rc < 0;

    return NULL;
}
