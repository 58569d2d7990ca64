/*
 * How MANIFEST and <number>.aud lie on disk; drawn in docs/formats.md.
 *
 *   MANIFEST                              <number>.aud
 *   +------------------------+ 0          +------------------------+ 0
 *   | header                 | 64 bytes   | header                 | 64 bytes
 *   | fields                 | 16 each    | the file that it       |
 *   | segments               | 40 each    | changes (version 2)    | 24 bytes
 *   | struck rows            |            | audiences              | 40 each
 *   | names of the fields    |            | dropped (version 2)    | 16 each
 *   +------------------------+ bytes      | members                | 16 each
 *                                         | filters, as JSON text  |
 *                                         +------------------------+ bytes
 *
 * A file of audiences of version 1 has all of them; one of version 2 those that
 * were put since another one, of version 1, was written, and the ids of those
 * that were dropped since.
 *
 * Parts lie back to back; struck rows begin at a multiple of 8, each segment's
 * filled up to one with zeros.  The checksum in a header is aud_checksum() of
 * the whole file.  All numbers are little-endian.  Shared by aud_manifest.c,
 * aud_audiences.c and worker/manifest_writer.c.
 */

#ifndef AUD_MANIFEST_FORMAT_H
#define AUD_MANIFEST_FORMAT_H

#include <stdint.h>

#define AUD_MANIFEST_MAGIC     "AUDMAN\r\n"
#define AUD_MANIFEST_VERSION   1
#define AUD_AUDIENCES_MAGIC    "AUDAUD\r\n"
#define AUD_AUDIENCES_VERSION  1
#define AUD_AUDIENCES_CHANGES  2        /* the version that changes another */

typedef struct {
    char      magic[8];
    uint32_t  version;
    uint32_t  nfields;
    uint64_t  number;               /* of the generation */
    uint32_t  bytes;                /* of the whole file */
    uint32_t  alike;                /* so many generations before it, in a row,
                                       answer every question as it does */
    uint32_t  nsegments;
    uint32_t  names_len;
    uint64_t  audiences_number;     /* 0: none */
    uint64_t  audiences_checksum;
    uint64_t  checksum;
} aud_manifest_header_t;

typedef struct {
    uint32_t  name_at;              /* in the names */
    uint32_t  name_len;
    uint8_t   type;
    uint8_t   kind;
    uint8_t   multi;
    uint8_t   reserved[5];          /* 0 */
} aud_manifest_field_t;

typedef enum {
    AUD_STRUCK_NONE = 0,
    AUD_STRUCK_BITMAP,              /* uint64_t [AUD_WORDS(rows)] */
    AUD_STRUCK_ROWS                 /* uint32_t [nstruck], ascending */
} aud_struck_form_t;

typedef struct {
    uint64_t  number;               /* ascending */
    uint64_t  checksum;             /* of the segment's header */
    uint64_t  struck_at;            /* in the file */
    uint32_t  rows;
    uint32_t  nstruck;
    uint32_t  form;                 /* aud_struck_form_t */
    uint32_t  reserved;             /* 0 */
} aud_manifest_segment_t;

typedef struct {
    char      magic[8];
    uint32_t  version;
    uint32_t  naudiences;
    uint64_t  number;               /* the one in the file's name */
    uint64_t  bytes;
    uint64_t  nmembers;             /* of all audiences */
    uint64_t  filters_len;
    uint64_t  reserved;             /* 0 */
    uint64_t  checksum;
} aud_audiences_header_t;

typedef struct {
    uint64_t  number;               /* of the file that is changed */
    uint64_t  checksum;             /* in its header */
    uint32_t  ndropped;
    uint32_t  reserved;             /* 0 */
} aud_audiences_below_t;

typedef struct {
    uint8_t   id[16];               /* ascending */
    uint64_t  filter_at;            /* in the filters */
    uint64_t  member_at;            /* the first one's place */
    uint32_t  filter_len;
    uint32_t  nmembers;
} aud_audience_record_t;

_Static_assert(sizeof(aud_manifest_header_t) == 64, "header is 64 bytes");
_Static_assert(sizeof(aud_manifest_field_t) == 16, "field is 16 bytes");
_Static_assert(sizeof(aud_manifest_segment_t) == 40, "segment is 40 bytes");
_Static_assert(sizeof(aud_audiences_header_t) == 64, "header is 64 bytes");
_Static_assert(sizeof(aud_audiences_below_t) == 24, "below is 24 bytes");
_Static_assert(sizeof(aud_audience_record_t) == 40, "audience is 40 bytes");

#endif
