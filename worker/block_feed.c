#include <pthread.h>

#include "aud_alloc.h"
#include "block_feed.h"

struct block_feed_s {
    pthread_mutex_t   lock;
    pthread_cond_t    more;
    aud_str_t        *blocks;       /* under the lock, as all below */
    uint32_t          n;
    uint32_t          capacity;
    int               over;
    int               lost;         /* memory was out */
};


block_feed_t *
block_feed_create(void)
{
    block_feed_t  *feed;

    feed = aud_calloc(1, sizeof(block_feed_t));

    if (feed) {
        pthread_mutex_init(&feed->lock, NULL);
        pthread_cond_init(&feed->more, NULL);
    }

    return feed;
}


void
block_feed_free(block_feed_t *feed)
{
    if (feed == NULL) {
        return;
    }

    pthread_cond_destroy(&feed->more);
    pthread_mutex_destroy(&feed->lock);
    aud_free(feed->blocks);
    aud_free(feed);
}


void
block_feed_add(block_feed_t *feed, aud_str_t block)
{
    uint32_t    capacity;
    aud_str_t  *blocks;

    pthread_mutex_lock(&feed->lock);

    if (feed->n == feed->capacity) {
        capacity = feed->capacity ? 2 * feed->capacity : 64;
        blocks = aud_realloc(feed->blocks, capacity * sizeof(aud_str_t));

        if (blocks == NULL) {
            feed->lost = 1;
            goto done;
        }

        feed->blocks = blocks;
        feed->capacity = capacity;
    }

    feed->blocks[feed->n++] = block;

done:

    pthread_cond_broadcast(&feed->more);
    pthread_mutex_unlock(&feed->lock);
}


void
block_feed_end(block_feed_t *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->over = 1;
    pthread_cond_broadcast(&feed->more);
    pthread_mutex_unlock(&feed->lock);
}


int
block_feed_next(block_feed_t *feed, uint32_t i, aud_str_t *block)
{
    int  rc;

    pthread_mutex_lock(&feed->lock);

    while (i == feed->n && !feed->over && !feed->lost) {
        pthread_cond_wait(&feed->more, &feed->lock);
    }

    rc = feed->lost ? -1 : i < feed->n;

    if (rc == 1) {
        *block = feed->blocks[i];
    }

    pthread_mutex_unlock(&feed->lock);

    return rc;
}
