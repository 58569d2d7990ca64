/*
 * A rebuild while it runs: rebuild_read.c gathers all source records of the
 * tenant, rebuild.c makes people and a segment of them, rebuild_audiences.c
 * reads what is to be seen with them.
 */

#ifndef REBUILD_PRIVATE_H
#define REBUILD_PRIVATE_H

#include "aud_arena.h"
#include "base.h"
#include "conversation_index.h"
#include "document.h"
#include "fold.h"
#include "job.h"
#include "record_identity.h"
#include "resolution.h"

typedef struct {
    aud_uuid_t     id;
    uint32_t       sequence;
    json_t        *record;
    uint32_t      *map;             /* column to field */
    fold_source_t  source;
    identity_columns_t  identifying;
} rebuild_import_t;

typedef struct {                    /* ascending by ref */
    uint32_t       import;          /* in order of their sequences */
    uint32_t       block;
    uint32_t       at;
} rebuild_row_t;

typedef struct {
    job_run_t         *run;
    worker_t          *worker;
    const char        *tenant;
    base_t            *base;

    rebuild_import_t  *imports;
    size_t             nimports;
    size_t             imports_capacity;
    aud_str_t         *blocks;      /* copies of the store's values */
    size_t             nblocks;
    size_t             blocks_capacity;
    rebuild_row_t     *rows;
    size_t             nrows;
    size_t             rows_capacity;
    component_record_t *records;    /* [nrows] whom they are about */
    size_t             records_capacity;
    aud_arena_t        texts;       /* of records */
    aud_generation_t  *empty;
    resolution_base_t  resolving;
    resolution_t      *resolution;
    conversation_index_t *index;
    uint32_t           max_columns;

    fields_t           fields;
    aud_audience_t    *audiences;
    size_t             naudiences;
    size_t             audiences_capacity;
    base_segment_t     segment;
    aud_error_t        err;
} rebuild_t;

/* Imports, records and the field registry; -1 with r->err. */
int rebuild_read(rebuild_t *r);

/* Calls each, which takes record, for every document of a kind. */
int rebuild_scan(rebuild_t *r, key_kind_t kind,
    int (*each)(rebuild_t *r, const aud_uuid_t *id, json_t *record));

/* All audiences, once people were found; samples that change go into the batch.
 * -1 with r->err. */
int rebuild_audiences(rebuild_t *r, store_batch_t *batch);

#endif
