/*
 * worker_t: what the units of one running audience-worker know of each other.
 * Made by main.c in the order of its members, torn down in the reverse.
 */

#ifndef WORKER_H
#define WORKER_H

#include <jansson.h>
#include <uv.h>

#include "aud_token.h"

typedef struct {
    uv_loop_t           *loop;
    struct settings_s   *settings;      /* settings.h */
    struct store_s      *store;         /* store.h */
    struct commit_s     *commit;        /* commit.h */
    struct bases_s      *bases;         /* base.h */
    struct queue_s      *queue;         /* queue.h */
    struct mail_s       *mail;          /* mail.h */
    struct llm_s        *llm;           /* llm.h */
    struct lanes_s      *lanes;         /* lanes.h */
    struct server_s     *server;        /* server.h */
    aud_link_keys_t      link_keys;
    struct listed_s     *listed;        /* listed.h */
    struct classifier_s *classifier;    /* classifier.h */
    json_t              *resolved_by;   /* resolved_by.h; never changed */
    struct erased_s     *erased;        /* erased.h */
    struct refusals_s   *refusals;      /* refusals.h */
} worker_t;

/* SIGHUP changes the keys while jobs run: outside the loop thread read a copy. */
void worker_link_keys(worker_t *worker, aud_link_keys_t *copy);
void worker_set_link_keys(worker_t *worker, const aud_link_keys_t *keys);

#endif
