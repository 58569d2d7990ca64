/*
 * Pieces of work that do not depend on each other, shared out to threads that
 * end before the call returns: each takes the next piece when it has done one.
 * What a piece makes lies at a place of its own, so that the number of threads
 * does not show.  Any thread.
 */

#ifndef SHARE_OUT_H
#define SHARE_OUT_H

#include <stddef.h>

typedef struct {
    int      (*work)(void *arg, size_t i);  /* 0 or an errno; any thread */
    void      *arg;
    int      (*stopping)(void *arg);        /* NULL, or asked by the caller's
                                               thread before its pieces */
    void      *stopping_arg;
} share_out_t;

/*
 * Does pieces 0 to n - 1, by `threads` threads, the caller's among them; fewer
 * where no more can be started.  Returns 0, or what a piece returned, or
 * ECANCELED where stopping() said so: then not all pieces were done.
 */
int share_out(const share_out_t *s, size_t n, unsigned threads);

#endif
