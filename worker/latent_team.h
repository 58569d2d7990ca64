/*
 * Threads that share numbered pieces of work.
 *
 * A team belongs to the thread that created it, which works too and alone may
 * call these.  Who takes which piece is chance: what a piece gives must depend
 * on its number alone.
 */

#ifndef LATENT_TEAM_H
#define LATENT_TEAM_H

#include <stdint.h>

typedef struct latent_team_s  latent_team_t;

/* Of `threads` in all; of fewer where the system gives no more.  NULL when
 * memory is out. */
latent_team_t *latent_team_create(uint32_t threads);
void           latent_team_free(latent_team_t *team);

/* Calls work(arg, 0) to work(arg, pieces - 1), and returns when all have. */
void           latent_team_run(latent_team_t *team,
    void (*work)(void *arg, uint32_t piece), void *arg, uint32_t pieces);

#endif
