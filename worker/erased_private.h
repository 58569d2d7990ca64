/*
 * What erased.c (what is known in memory), erased_file.c (key and lists on
 * disk) and erased_check.c (rows held against it) share.
 */

#ifndef ERASED_PRIVATE_H
#define ERASED_PRIVATE_H

#include <pthread.h>

#include "erased.h"

#define ERASED_SUFFIX    ".list"
#define ERASED_KEY_NAME  16

typedef struct {
    char            name[65];
    erased_hash_t  *hashes;             /* ascending */
    size_t          n;
    json_t         *kept;               /* ids of the file, {id: true} */
    json_t         *stored;             /* likewise of the store at the start */
    json_t         *pending;            /* those of them that are half done */
    json_t         *read_by;            /* {"BR 11": ["BR", "11"]}: how phones
                                           were read, other than now */
    uint64_t        generation;
} erased_tenant_t;

struct erased_s {
    worker_t         *worker;
    pthread_mutex_t   lock;             /* of all that follows */
    uint8_t           key[ERASED_KEY];
    char              key_name[ERASED_KEY_NAME + 1];
    unsigned          has_key:1;
    erased_tenant_t  *tenants;
    size_t            n;
};

/* Under the lock, or before threads.  NULL: no memory. */
erased_tenant_t *erased_tenant(erased_t *e, const char *tenant);

/* erased_file.c; all -1, or NULL, with err */

int     erased_key_read(erased_t *e, aud_error_t *err);
int     erased_key_make(erased_t *e, aud_error_t *err);
json_t *erased_file_read(erased_t *e, const char *tenant, aud_error_t *err);
int     erased_file_add(erased_t *e, const char *tenant,
    const json_t *document, aud_error_t *err);

#endif
