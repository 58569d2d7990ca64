#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "share_out.h"

#define THREADS  64


typedef struct {
    const share_out_t  *s;
    size_t              n;
    atomic_size_t       next;
    atomic_int          failed;
} pieces_t;


static void *take_pieces(void *arg);
static int   take_piece(pieces_t *p);


int
share_out(const share_out_t *s, size_t n, unsigned threads)
{
    unsigned   i, started = 0;
    pieces_t   p = { .s = s, .n = n };
    pthread_t  ids[THREADS];

    while (started + 1 < threads && started + 1 < n && started < THREADS
           && pthread_create(&ids[started], NULL, take_pieces, &p) == 0)
    {
        started++;
    }

    do {
        if (s->stopping && s->stopping(s->stopping_arg)) {
            p.failed = ECANCELED;
        }

    } while (take_piece(&p));

    for (i = 0; i < started; i++) {
        pthread_join(ids[i], NULL);
    }

    return p.failed;
}


static void *
take_pieces(void *arg)
{
    while (take_piece(arg)) {
        /* void */
    }

    return NULL;
}


static int
take_piece(pieces_t *p)
{
    int     no;
    size_t  i;

    if (p->failed) {
        return 0;
    }

    i = p->next++;

    if (i >= p->n) {
        return 0;
    }

    no = p->s->work(p->s->arg, i);

    if (no) {
        p->failed = no;
    }

    return 1;
}
