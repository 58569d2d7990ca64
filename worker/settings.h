/*
 * Settings of the worker, read once from one INI file (libinih); every key is
 * explained in conf/worker.conf.  An unknown key, a missing file or a value
 * that cannot be is an error that names file and line.
 */

#ifndef SETTINGS_H
#define SETTINGS_H

#include <jansson.h>

#include "aud_error.h"
#include "components.h"

typedef enum {
    SETTINGS_TLS_NONE = 0, SETTINGS_TLS_STARTTLS, SETTINGS_TLS_IMPLICIT
} settings_tls_t;

typedef enum {
    SETTINGS_MAX_TOKENS = 0, SETTINGS_MAX_COMPLETION_TOKENS
} settings_answer_limit_t;

typedef struct settings_s {
    /* [worker] */
    char     root[512];             /* data root */
    char     socket[108];           /* unix socket of the worker */
    char     socket_group[64];      /* name or id; "" = the worker's own */
    char     socket_users[256];     /* names or ids, "" = who has the group */
    char     link_keys[512];        /* file, see aud_token.h */
    char     public_url[256];       /* of links in e-mails; "" = as requested */
    char     language[8];           /* of tenants without one of their own:
                                       pt-BR, en, es */
    char     locale[512];           /* folder of the locale texts */
    unsigned job_threads;           /* 2 */
    unsigned job_max_attempts;      /* 5 */
    unsigned retry_base_ms;         /* 1000, doubled each time, with jitter */
    unsigned lease_seconds;         /* 300: a job without progress is hung */
    unsigned heartbeat_seconds;     /* 15: of streams with nothing to tell */
    int      log_level;             /* 0 error, 1 warning, 2 info, 3 debug */

    /* [import] */
    char     area_code[4];          /* of local numbers; "" refuses them */
    unsigned block_rows;            /* 256 */

    /* [resolution] */
    char     country[3];            /* of numbers without one; "" is BR */
    char     listed[512];           /* file of values that never link */
    component_policy_t  policy;     /* component_policy_default */

    /* [segments] */
    unsigned merge_at;              /* 4 segments of a like size are merged */
    unsigned quiet_seconds;         /* 60, then nearly all are */

    /* [audiences] */
    unsigned sizes_seconds;         /* 86400 between points of their history */

    /* [segmentation] */
    unsigned fresh_people;          /* 7 whose data changed */
    unsigned fresh_days;            /* in the last 7 days, or it is refused */
    unsigned max_classes;           /* 12 */
    unsigned membership;            /* 30 percent of the posterior */
    unsigned min_people;            /* 5 in an audience */
    unsigned segmentation_threads;  /* 2 */

    /* [enrichment] */
    char     lexicons[512];         /* folder, see classifier.h */

    /* [exports] */
    unsigned link_hours;            /* 48 */

    /* [mail] */
    char     smtp_host[256];        /* "": e-mails go to outbox/ */
    unsigned smtp_port;             /* 587 */
    settings_tls_t smtp_tls;        /* starttls */
    char     smtp_ca[512];          /* CA file; "" = the system's */
    char     smtp_user[256];
    char     smtp_password_file[512];
    char     mail_from[256];        /* "Audiences <audiences@example.com>" */
    unsigned smtp_timeout_ms;       /* 30000 */

    /* [llm] */
    char     llm_url[256];          /* "": no language model is asked */
    char     llm_model[128];
    char     llm_key_file[512];     /* "": no key is sent */
    char     llm_ca[512];           /* CA file; "" = the system's */
    char     llm_proxy[256];        /* "": none, whatever the environment */
    unsigned llm_timeout_ms;        /* 60000 */
    unsigned llm_connect_timeout_ms;        /* 10000 */
    unsigned llm_in_flight;         /* 8 */
    unsigned llm_attempts;          /* 4 */
    unsigned llm_backoff_ms;        /* 500, doubled each time, with jitter */
    unsigned llm_breaker_failures;  /* 5 */
    unsigned llm_breaker_seconds;   /* 30 */
    unsigned llm_tokens_per_day;    /* 1000000 of each tenant; 0: no limit */
    unsigned llm_answers_days;      /* 30 */
    unsigned llm_import_seconds;    /* 900 that an import waits for answers */
    settings_answer_limit_t llm_answer_limit;

    /* [languages] */
    json_t  *languages;             /* {"acme": "en"}, or NULL: none has one */
} settings_t;

/* To be freed in either case. */
int  settings_read(const char *path, settings_t *settings, aud_error_t *err);
void settings_free(settings_t *settings);

/* What a tenant's audiences are named in, and new users of it are written to in
 * where their browser asks for no other: pt-BR, en or es.  Any thread. */
const char *settings_language(const settings_t *settings, const char *tenant);

/* Of the reader: NULL, or what is wrong with a line of [languages]. */
const char *settings_language_put(settings_t *settings, const char *tenant,
    const char *language);

/* The keys of a section and what they are: {"country": "BR", "phone": 60, …}.
 * NULL: no memory. */
json_t *settings_show(const settings_t *settings, const char *section);

#endif
