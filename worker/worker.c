/*
 * What worker_t shares between threads.
 */

#include <pthread.h>

#include "worker.h"


static pthread_mutex_t  link_keys_lock = PTHREAD_MUTEX_INITIALIZER;


void
worker_link_keys(worker_t *worker, aud_link_keys_t *copy)
{
    pthread_mutex_lock(&link_keys_lock);
    *copy = worker->link_keys;
    pthread_mutex_unlock(&link_keys_lock);
}


void
worker_set_link_keys(worker_t *worker, const aud_link_keys_t *keys)
{
    pthread_mutex_lock(&link_keys_lock);
    worker->link_keys = *keys;
    pthread_mutex_unlock(&link_keys_lock);
}
