/*
 * The first half of an import: reads the file of the spool and judges its
 * rows.  What is accepted is kept as encoded source records, in order, and
 * counted in the field registry; what is rejected becomes errors.csv.  Memory
 * is about three times the file.  Threads of its own gather what the rows say
 * and pack what is to be stored.
 */

#ifndef IMPORT_READ_H
#define IMPORT_READ_H

#include "columns.h"
#include "conversations.h"
#include "erased.h"
#include "fields.h"
#include "fold.h"
#include "import_consent.h"
#include "intake.h"
#include "packer.h"
#include "phone.h"
#include "record_identity.h"
#include "records.h"
#include "store.h"

typedef enum {
    IMPORT_READ_OK = 0,
    IMPORT_READ_STOPPED,
    IMPORT_READ_GONE,               /* no such file */
    IMPORT_READ_DAMAGED,            /* not what the edge had checked */
    IMPORT_READ_FAILED              /* I/O or memory: may pass */
} import_read_status_t;

typedef struct {                    /* an accepted row */
    char      phone[AUD_PHONE_LEN + 1];     /* "": it has none */
    uint32_t  line;
    size_t    identity;             /* where it begins in identities */
} import_row_t;

typedef struct {
    /* given */
    char             separator;
    const char      *country;       /* of phones that are without one */
    const char      *area_code;     /* of local ones, in Brazil */
    uint32_t         block_rows;
    fields_t        *fields;        /* counts grow */
    aud_uuid_t       import;
    uint32_t         sequence;      /* of the import; may be set later */
    conversation_index_t *index;    /* NULL: nobody has labels */
    const sequences_t *sequences;   /* where there is an index, to fold */
    const fold_source_t *source;    /* of the import */
    const aud_str_t *columns;       /* [source->ncolumns] trimmed */
    const aud_str_t *header;        /* [nheader] of errors.csv */
    uint32_t         nheader;
    erased_check_t  *check;         /* NULL: nobody was erased */
    import_consent_t *consent;      /* NULL: rows need none */
    int            (*tick)(void *arg, double fraction);     /* non-zero: stop */
    void            *arg;

    /* found */
    import_row_t    *rows;
    uint32_t         nrows;         /* accepted */
    aud_buffer_t     identities;    /* whom each row is about, encoded
                                       (aud_source_record.h), ref not set */
    record_block_t  *blocks;
    uint32_t         nblocks;
    uint64_t         read;          /* rows but the header */
    uint64_t         refused;       /* by a word of theirs; */
    uint64_t         standing;      /* so many of them by one before */
    uint64_t         rejected;
    uint64_t         erased;        /* of people who were: kept nowhere */
    uint64_t         spoiled;       /* rows that lost an identifier */
    uint64_t         assumed;       /* accepted without a word of consent */
    uint64_t         duplicates;    /* lines that were counted before */
    aud_buffer_t     events;        /* ids of lines that count once, 16 bytes
                                       each */
    columns_t       *said;          /* by the accepted rows */
    packer_t        *packer;        /* of the blocks */
    uint64_t        *fits;          /* [ncolumns][AUD_TYPE_COUNT] of this file */
    aud_buffer_t     errors;        /* errors.csv */

    /* its own */
    block_feed_t    *feed;          /* to what works beside the reader */
    fold_t          *fold;
    identity_columns_t  identifying;
    dictionary_t     consents;      /* what was said of consent, and what */
    int8_t          *refusals;      /* consent_refused() makes of it */
    uint32_t         nrefusals;     /* room */
    uint32_t         consent_field; /* FIELDS_NONE: no such column */
    uint32_t         phone_column;
    uint32_t         rows_capacity;
    uint32_t         blocks_capacity;
    aud_str_t       *padded;        /* cells of a row of too few */
    aud_error_t      err;           /* of a row */
    unsigned         has_consent:1; /* a column of the file */
    unsigned         header_seen:1;
    import_read_status_t  why;      /* the reader was stopped */
    uint64_t         bytes;         /* fed */
    uint64_t         size;
} import_read_t;

import_read_status_t import_read_file(import_read_t *in, const char *path,
    aud_error_t *err);

/*
 * The same of lines (import_lines.c); the columns are intake_columns().  What
 * counts once is looked for among the events of the tenant in the store, by the
 * hash that hasher makes of it; NULL where nothing does.  conversations: NULL
 * where lines are of none.
 */
import_read_status_t import_read_lines(import_read_t *in, intake_t *intake,
    const char *path, store_t *store, const char *tenant,
    erased_hasher_t *hasher, conversations_t *conversations, aud_error_t *err);

/* Waits for the thread that gathers what the rows say: before this, fields,
 * fits and said are its own.  -1 when memory is out. */
int import_read_finish(import_read_t *in, aud_error_t *err);

void import_read_free(import_read_t *in);

/* The first line of errors.csv. */
void import_errors_header(aud_buffer_t *out, const aud_str_t *columns,
    uint32_t ncolumns);

#endif
