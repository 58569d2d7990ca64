#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_ahead.h"
#include "aud_alloc.h"
#include "aud_clock.h"

#define PLACES  16
#define LARGE   (64 * 1024 * 1024)      /* bytes */
#define MODEST  5                       /* nice, as jobs of the worker */
#define HUMBLE  10                      /* as its merges */

typedef enum {
    FREE = 0,
    OPENING,
    OPENED
} state_t;

typedef struct {
    aud_ahead_t    *ahead;
    uint64_t        number;
    aud_segment_t  *segment;
    int64_t         since;              /* OPENED */
    state_t         state;
} place_t;

struct aud_ahead_s {
    pthread_mutex_t   lock;
    pthread_cond_t    opened;
    unsigned          references;       /* one, and one for each thread */
    place_t           places[PLACES];
    char              dir[];
};

static void      release(aud_ahead_t *a);
static place_t  *find(aud_ahead_t *a, uint64_t number);
static place_t  *free_place(aud_ahead_t *a);
static int       start(place_t *p);
static void     *open_segment(void *arg);
static void      give_way(const char *dir, uint64_t number);


aud_ahead_t *
aud_ahead_create(const char *dir)
{
    size_t        size;
    aud_ahead_t  *a;

    size = strlen(dir) + 1;
    a = aud_calloc(1, sizeof(aud_ahead_t) + size);

    if (a == NULL) {
        return NULL;
    }

    memcpy(a->dir, dir, size);
    a->references = 1;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->opened, NULL);

    return a;
}


void
aud_ahead_free(aud_ahead_t *a)
{
    if (a) {
        pthread_mutex_lock(&a->lock);
        release(a);
    }
}


void
aud_ahead_begin(aud_ahead_t *a, uint64_t number)
{
    place_t  *p;

    pthread_mutex_lock(&a->lock);

    p = find(a, number) ? NULL : free_place(a);

    if (p) {
        p->ahead = a;
        p->number = number;
        p->state = OPENING;

        if (start(p) == 0) {
            a->references++;

        } else {
            p->state = FREE;
        }
    }

    pthread_mutex_unlock(&a->lock);
}


aud_segment_t *
aud_ahead_find(void *arg, uint64_t number, uint64_t checksum)
{
    place_t        *p;
    aud_ahead_t    *a = arg;
    aud_segment_t  *segment;

    segment = NULL;
    pthread_mutex_lock(&a->lock);

    while ((p = find(a, number)) != NULL && p->state == OPENING) {
        pthread_cond_wait(&a->opened, &a->lock);
    }

    if (p && p->segment->checksum == checksum) {
        segment = p->segment;
        p->state = FREE;
    }

    pthread_mutex_unlock(&a->lock);

    return segment;
}


void
aud_ahead_sweep(aud_ahead_t *a, int64_t before)
{
    size_t   i;
    place_t  *p;

    pthread_mutex_lock(&a->lock);

    for (i = 0; i < PLACES; i++) {
        p = &a->places[i];

        if (p->state == OPENED && p->since < before) {
            aud_segment_release(p->segment);
            p->state = FREE;
        }
    }

    pthread_mutex_unlock(&a->lock);
}


/* Unlocks. */
static void
release(aud_ahead_t *a)
{
    size_t    i;
    unsigned  references;

    references = --a->references;
    pthread_mutex_unlock(&a->lock);

    if (references) {
        return;
    }

    for (i = 0; i < PLACES; i++) {
        if (a->places[i].state == OPENED) {
            aud_segment_release(a->places[i].segment);
        }
    }

    pthread_cond_destroy(&a->opened);
    pthread_mutex_destroy(&a->lock);
    aud_free(a);
}


static place_t *
find(aud_ahead_t *a, uint64_t number)
{
    size_t  i;

    for (i = 0; i < PLACES; i++) {
        if (a->places[i].state != FREE && a->places[i].number == number) {
            return &a->places[i];
        }
    }

    return NULL;
}


static place_t *
free_place(aud_ahead_t *a)
{
    size_t  i;

    for (i = 0; i < PLACES; i++) {
        if (a->places[i].state == FREE) {
            return &a->places[i];
        }
    }

    return NULL;
}


/* Signals are for the threads of whoever calls. */
static int
start(place_t *p)
{
    int             rc;
    sigset_t        all, before;
    pthread_t       thread;
    pthread_attr_t  attr;

    if (pthread_attr_init(&attr) != 0) {
        return -1;
    }

    (void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);

    rc = pthread_create(&thread, &attr, open_segment, p);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);

    return rc == 0 ? 0 : -1;
}


static void *
open_segment(void *arg)
{
    place_t        *p = arg;
    uint64_t        number;
    aud_ahead_t    *a;
    aud_error_t     err;
    aud_segment_t  *segment;

    a = p->ahead;
    number = p->number;
    give_way(a->dir, number);
    segment = aud_segment_open(a->dir, number, 0, &err);

    pthread_mutex_lock(&a->lock);

    p->segment = segment;
    p->since = aud_ticks();
    p->state = segment ? OPENED : FREE;
    pthread_cond_broadcast(&a->opened);

    release(a);

    return NULL;
}


static void
give_way(const char *dir, uint64_t number)
{
    char         path[4096], name[AUD_SEGMENT_NAME_LEN + 1];
    struct stat  st;

    aud_segment_name(name, number);
    snprintf(path, sizeof(path), "%s/%s", dir, name);

    /* Linux has priorities of threads, whatever POSIX says of processes. */
    (void) setpriority(PRIO_PROCESS, gettid(),
                       stat(path, &st) == 0 && st.st_size > LARGE
                       ? HUMBLE : MODEST);
}
