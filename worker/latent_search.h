/*
 * Looking for the best model of so many classes: EM climbs to the nearest top
 * only, so it is tried from several starts, first a few steps each on few rows,
 * and the best ones go on (short runs of EM: Biernacki, Celeux and Govaert
 * 2003, Computational Statistics and Data Analysis 41, 561-575).
 *
 * A start takes as many rows as there are classes, each far from those taken
 * before (as k-means++ does: Arthur and Vassilvitskii 2007, with the number of
 * fields that differ as the distance), and makes each a class: half the row
 * itself, half what everybody is.
 */

#ifndef LATENT_SEARCH_H
#define LATENT_SEARCH_H

#include "latent_em.h"

typedef struct {
    latent_patterns_t  *patterns;       /* all */
    latent_patterns_t  *few;            /* or the same */
    const double       *weights;        /* of few, or NULL: its own */
    latent_team_t      *team;           /* or NULL: the caller's thread alone */
    latent_watch_t     *watch;
    uint64_t            seed;           /* of the starts */
} latent_search_t;

/* Of `sample` rows, 0: all.  -1, with an err, when memory is out or the data
 * are bad; close in either case. */
int  latent_search_open(latent_search_t *search, latent_watch_t *watch,
    const latent_data_t *data, uint32_t sample,
    const latent_options_t *options, aud_error_t *err);
void latent_search_close(latent_search_t *search);

/*
 * The best em over `few`, so far: a run of it shall follow.  And its
 * parameters, taken on to all patterns and run there, unless it cannot reach
 * the log likelihood `needed` (latent_em_t).  NULL: memory is out, or it was
 * stopped.
 */
latent_em_t *latent_search(const latent_search_t *search, uint32_t classes,
    uint32_t starts);
latent_em_t *latent_widen(const latent_search_t *search,
    const latent_em_t *few, double needed, double tolerance);

/* What to return after a NULL: LATENT_STOPPED, or LATENT_FAILED with an err. */
latent_status_t latent_search_failed(const latent_search_t *search,
    aud_error_t *err);

/* Sets the em's parameters to start number `start`.  -1 when memory is out. */
int latent_start(latent_em_t *em, uint64_t seed, uint32_t start);

#endif
