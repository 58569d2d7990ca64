#include <pthread.h>
#include <stdatomic.h>

#include "aud_alloc.h"
#include "latent_team.h"


#define TEAM_MOST   64
#define TEAM_SPINS  4000                /* looks at `turn` before sleeping: a
                                           turn often follows at once */


struct latent_team_s {
    uint32_t          members;          /* besides the owner */
    pthread_t         threads[TEAM_MOST];
    pthread_mutex_t   lock;
    pthread_cond_t    begun, ended;

    /* Written under the lock, before `turn`. */
    void            (*work)(void *arg, uint32_t piece);
    void             *arg;
    uint32_t          pieces;
    int               leaving;

    atomic_uint       turn;             /* counts runs */
    atomic_uint       next;             /* piece */
    atomic_uint       busy;             /* members that are not done */
};


static void *team_thread(void *arg);
static void team_wait(latent_team_t *team, unsigned seen);
static void team_work(latent_team_t *team);


latent_team_t *
latent_team_create(uint32_t threads)
{
    latent_team_t  *team;

    team = aud_calloc(1, sizeof(latent_team_t));
    if (team == NULL) {
        return NULL;
    }

    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->begun, NULL);
    pthread_cond_init(&team->ended, NULL);

    while (team->members + 1 < threads && team->members < TEAM_MOST
           && pthread_create(&team->threads[team->members], NULL, team_thread,
                             team)
              == 0)
    {
        team->members++;
    }

    return team;
}


void
latent_team_free(latent_team_t *team)
{
    uint32_t  i;

    if (team == NULL) {
        return;
    }

    pthread_mutex_lock(&team->lock);
    team->leaving = 1;
    atomic_fetch_add(&team->turn, 1);
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->lock);

    for (i = 0; i < team->members; i++) {
        pthread_join(team->threads[i], NULL);
    }

    pthread_cond_destroy(&team->begun);
    pthread_cond_destroy(&team->ended);
    pthread_mutex_destroy(&team->lock);
    aud_free(team);
}


void
latent_team_run(latent_team_t *team, void (*work)(void *arg, uint32_t piece),
    void *arg, uint32_t pieces)
{
    unsigned  spins;

    pthread_mutex_lock(&team->lock);
    team->work = work;
    team->arg = arg;
    team->pieces = pieces;
    atomic_store(&team->next, 0);
    atomic_store(&team->busy, team->members);
    atomic_fetch_add(&team->turn, 1);
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->lock);

    team_work(team);

    for (spins = 0; spins < TEAM_SPINS && atomic_load(&team->busy); spins++);

    pthread_mutex_lock(&team->lock);

    while (atomic_load(&team->busy)) {
        pthread_cond_wait(&team->ended, &team->lock);
    }

    pthread_mutex_unlock(&team->lock);
}


static void *
team_thread(void *arg)
{
    unsigned        seen = 0;
    latent_team_t  *team = arg;

    for ( ;; ) {
        team_wait(team, seen++);

        if (team->leaving) {
            return NULL;
        }

        team_work(team);

        if (atomic_fetch_sub(&team->busy, 1) == 1) {
            pthread_mutex_lock(&team->lock);
            pthread_cond_signal(&team->ended);
            pthread_mutex_unlock(&team->lock);
        }
    }
}


/* The owner waits for every member, so that none misses a turn. */
static void
team_wait(latent_team_t *team, unsigned seen)
{
    unsigned  spins;

    for (spins = 0; spins < TEAM_SPINS; spins++) {
        if (atomic_load(&team->turn) != seen) {
            return;
        }
    }

    pthread_mutex_lock(&team->lock);

    while (atomic_load(&team->turn) == seen) {
        pthread_cond_wait(&team->begun, &team->lock);
    }

    pthread_mutex_unlock(&team->lock);
}


static void
team_work(latent_team_t *team)
{
    uint32_t  piece;

    while ((piece = atomic_fetch_add(&team->next, 1)) < team->pieces) {
        team->work(team->arg, piece);
    }
}
