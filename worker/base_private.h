/*
 * What the files of a base share: base.c (who has which base), base_change.c
 * (prepare, publish, abandon), base_strike.c (rows that go out),
 * base_audiences.c (audiences and fixed samples),
 * base_recovery.c (after a start), base_record.c (the record in the store),
 * base_files.c (the folder).
 */

#ifndef BASE_PRIVATE_H
#define BASE_PRIVATE_H

#include "audience_index.h"
#include "base.h"
#include "manifest_writer.h"

#define BASE_FILE_LEN    32
#define BASE_FOLDER_LEN  (512 + sizeof("/segments/") + 64)

typedef struct {                        /* a file that no manifest names */
    char      name[BASE_FILE_LEN];
    int64_t   since;                    /* aud_now() */
} base_file_t;

typedef struct {
    uint64_t        number;             /* of the generation */
    uint64_t        next_file;          /* number of the next .seg or .aud */
    base_field_t   *fields;
    size_t          nfields;
    json_t         *resolved_by;        /* NULL: not known */
} base_record_t;

struct base_s {
    char               tenant[65];
    char               folder[BASE_FOLDER_LEN];
    worker_t          *worker;
    audience_index_t  *audience_index;

    uv_mutex_t         merging;         /* one merge job at a time; taken
                                           before `change` */
    uv_mutex_t         change;          /* base_lock(): a whole change */
    uv_mutex_t         state;           /* held for moments, never while
                                           waiting for the other one; guards: */
    aud_generation_t  *current;
    base_record_t      record;
    int64_t            changed;         /* aud_ticks() of its last answer */
    uint64_t           quiet;           /* the generation base_quiet() gave */
    unsigned           needs_rebuild:1;
    unsigned           folder_made:1;

    /* Under `change` only. */
    aud_generation_t  *prepared;
    base_record_t      prepared_record;
    unsigned           prepared_rebuilt:1;
    uint64_t           added_number;    /* its segment, 0: none */
    uint64_t           audiences_number;/* its new .aud file, 0: none */
    base_file_t       *superseded;
    size_t             nsuperseded;
};

/* base_record.c */

/* STORE_NOT_FOUND leaves zeros; STORE_FAILED also for a record that does not
 * read. */
store_status_t base_record_read(base_t *base, base_record_t *record,
    aud_error_t *err);
int  base_record_put(const base_t *base, const base_record_t *record,
    store_batch_t *batch);
int  base_fields_copy(const base_field_t *fields, size_t n,
    base_field_t **copy);

/* base_recovery.c */

/* Finds the generation that the store speaks of.  -1 with err where the store
 * cannot be read or memory is out; an unusable base is not an error here. */
int  base_recover(base_t *base, aud_error_t *err);

/* base_files.c */

int  base_make_folder(base_t *base, aud_error_t *err);  /* under `state` */
int  base_sync_folder(const base_t *base, aud_error_t *err);
void base_remove(const base_t *base, const char *name);
void base_manifest_name(char out[BASE_FILE_LEN], uint64_t number);

/* Calls fn with the number of each file of the folder that ends with suffix
 * (".seg", ".aud") or begins with it ("MANIFEST."). */
typedef void (*base_file_fn)(base_t *base, const char *name, uint64_t number,
    void *arg);
void base_list(base_t *base, base_file_fn fn, void *arg);

/* Has a file removed BASE_GRACE seconds after `since`, at the next sweep. */
void base_supersede(base_t *base, const char *name, int64_t since);
void base_sweep(base_t *base);

/* Supersedes .seg and .aud files below `below` that g does not name. */
void base_supersede_strays(base_t *base, const aud_generation_t *g,
    uint64_t below, int64_t since);

/* base_audiences.c */

/* Writes a new file where audiences change, else names the one there is. */
int  base_audiences_write(base_t *base, const base_change_t *change,
    manifest_t *m, aud_error_t *err);

/* Puts what the prepared generation has other members of into batch. */
void base_audiences_put(const base_t *base, store_batch_t *batch);

/* base_strike.c */

/* Slices of one new manifest; bitmaps are owned. */
typedef struct {
    manifest_segment_t  *segments;
    uint64_t           **bitmaps;
    size_t               n;
} base_slices_t;

/*
 * What becomes of the current generation's slices under a change: those it
 * replaces go, the others lose the rows of struck profiles, the added one joins
 * less the rows that were struck out since `seen`.  What has no living row is
 * left out.
 */
base_status_t base_slices(const base_t *base, const base_change_t *change,
    base_slices_t *slices, aud_error_t *err);
void          base_slices_free(base_slices_t *slices);

#endif
