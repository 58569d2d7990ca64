/*
 * The end of RocksDB's write-ahead log, <path>/<number>.log:
 *
 *   blocks of 32 KiB, each of fragments   checksum u32 | length u16 | type u8
 *   and at most 6 bytes of zeros          payload
 *
 * A record is one fragment (FULL) or several (FIRST, MIDDLE …, LAST).  The
 * checksum is CRC-32C of type and payload, rotated by 15 bits, plus a constant.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "store_log.h"

#define LOG_BLOCK     32768
#define LOG_HEADER    7
#define LOG_SECTOR    512
#define LOG_HOLE      8                     /* zeros that are no accident */
#define LOG_CRC       0x82f63b78u           /* CRC-32C, reflected */
#define LOG_CRC_PLUS  0xa282ead8u

enum { LOG_ZERO = 0, LOG_FULL, LOG_FIRST, LOG_MIDDLE, LOG_LAST };


static int store_log_check_one(const char *path, aud_error_t *err);
static int store_log_newest(const char *path, char *out, size_t size,
    aud_error_t *err);
static int store_log_cut(const char *path, int fd, aud_error_t *err);
static int log_is_torn(const unsigned char *log, size_t size, size_t begin,
    size_t bad);
static size_t log_torn_at(const unsigned char *log, size_t size);
static size_t log_whole(const unsigned char *log, size_t size, size_t *bad);
static size_t log_fragment(const unsigned char *log, size_t size, size_t at);
static size_t log_next(size_t at);
static int log_begins_behind(const unsigned char *log, size_t size, size_t at);
static int log_has_hole(const unsigned char *log, size_t size, size_t at);
static int log_ends_early(const unsigned char *log, size_t size, size_t at);
static uint32_t log_checksum(const unsigned char *data, size_t n);
static uint32_t log_checksum_add(uint32_t sum, const unsigned char *data,
    size_t n);


int
store_log_check(const char *path, aud_error_t *err)
{
    DIR            *dir;
    int             rc = 0;
    char            name[1024];
    size_t          len;
    struct dirent  *entry;

    dir = opendir(path);
    if (dir == NULL) {
        return errno == ENOENT ? 0 : aud_error_system(err, "%s", path);
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);

        if (strncmp(entry->d_name, "MANIFEST-", 9) == 0
            || (len > 4 && strcmp(entry->d_name + len - 4, ".log") == 0))
        {
            rc = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name)
                 < (int) sizeof(name) ? store_log_check_one(name, err)
                 : aud_error_set(err, "the path of the store is too long");
        }
    }

    closedir(dir);

    return rc;
}


static int
store_log_check_one(const char *path, aud_error_t *err)
{
    int             fd, rc = -1;
    size_t          begin, bad;
    struct stat     st;
    unsigned char  *log;

    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1 || fstat(fd, &st) != 0) {
        aud_error_system(err, "%s", path);
        goto done;
    }

    rc = 0;

    if (st.st_size == 0) {
        goto done;
    }

    log = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

    if (log == MAP_FAILED) {
        rc = aud_error_system(err, "%s", path);
        goto done;
    }

    begin = log_whole(log, st.st_size, &bad);

    if (bad != st.st_size && !log_is_torn(log, st.st_size, begin, bad)) {
        rc = aud_error_set(err, "%s is damaged at byte %zu", path, bad);
    }

    munmap(log, st.st_size);

done:

    if (fd != -1) {
        close(fd);
    }

    return rc;
}


int
store_log_cut_torn(const char *path, aud_error_t *err)
{
    int   fd, rc;
    char  name[1024];

    rc = store_log_newest(path, name, sizeof(name), err);
    if (rc != 1) {
        return rc;
    }

    fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd == -1) {
        return aud_error_system(err, "%s", name);
    }

    rc = store_log_cut(name, fd, err);
    close(fd);

    return rc;
}


/* Behind a log that has a newer one everything was synced: the newest that is
 * not empty it is.  1, 0 where there is none. */

static int
store_log_newest(const char *path, char *out, size_t size, aud_error_t *err)
{
    DIR                 *dir;
    char                *end;
    struct stat          st;
    struct dirent       *entry;
    unsigned long long   number, newest = 0;

    dir = opendir(path);
    if (dir == NULL) {
        return aud_error_system(err, "%s", path);
    }

    while ((entry = readdir(dir)) != NULL) {
        number = strtoull(entry->d_name, &end, 10);

        if (end != entry->d_name && strcmp(end, ".log") == 0
            && number > newest
            && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0
            && st.st_size > 0
            && snprintf(out, size, "%s/%s", path, entry->d_name) < (int) size)
        {
            newest = number;
        }
    }

    closedir(dir);

    return newest != 0;
}


static int
store_log_cut(const char *path, int fd, aud_error_t *err)
{
    size_t         at, size;
    struct stat    st;
    unsigned char *log;

    if (fstat(fd, &st) != 0) {
        return aud_error_system(err, "%s", path);
    }

    size = st.st_size;
    log = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

    if (log == MAP_FAILED) {
        return aud_error_system(err, "%s", path);
    }

    at = log_torn_at(log, size);
    munmap(log, size);

    if (at == size) {
        return 0;
    }

    if (ftruncate(fd, at) != 0 || fsync(fd) != 0) {
        return aud_error_system(err, "%s", path);
    }

    log_line(LOG_INFO, NULL, "an unfinished write is taken off the log of the store",
             "s:file", path, "i:bytes", (long long) (size - at), NULL);

    return 1;
}


/* Where a torn last record begins; size where there is none. */

static size_t
log_torn_at(const unsigned char *log, size_t size)
{
    size_t  begin, bad;

    begin = log_whole(log, size, &bad);

    return bad != size && log_is_torn(log, size, begin, bad) ? begin : size;
}


static int
log_is_torn(const unsigned char *log, size_t size, size_t begin, size_t bad)
{
    return !log_begins_behind(log, size, bad)
           && (log_has_hole(log, size, begin) || log_ends_early(log, size, bad));
}


/* Where the whole records end.  *bad: the fragment behind them that is not
 * whole, of a record that begins there or before it; size where all are. */

static size_t
log_whole(const unsigned char *log, size_t size, size_t *bad)
{
    int     type, within = 0;
    size_t  at, n, begin = 0;

    for (at = 0; at < size; at = log_next(at + LOG_HEADER + n)) {
        n = log_fragment(log, size, at);

        if (n == (size_t) -1) {
            break;
        }

        type = log[at + 6];

        if (within != (type == LOG_MIDDLE || type == LOG_LAST)) {
            break;
        }

        within = type == LOG_FIRST || type == LOG_MIDDLE;

        if (!within) {
            begin = at + LOG_HEADER + n;
        }
    }

    *bad = at < size ? at : within ? begin : size;

    return begin;
}


/* Bytes of the payload of the fragment there, -1 where it is not whole. */

static size_t
log_fragment(const unsigned char *log, size_t size, size_t at)
{
    int       type;
    size_t    n, end;
    uint32_t  sum, stored;

    end = at - at % LOG_BLOCK + LOG_BLOCK;
    end = end < size ? end : size;

    if (at + LOG_HEADER > end) {
        return -1;
    }

    n = log[at + 4] | (size_t) log[at + 5] << 8;
    type = log[at + 6];

    if (type < LOG_FULL || type > LOG_LAST || at + LOG_HEADER + n > end) {
        return -1;
    }

    memcpy(&stored, log + at, sizeof(stored));
    sum = log_checksum(log + at + 6, n + 1);
    sum = ((sum >> 15) | (sum << 17)) + LOG_CRC_PLUS;

    return sum == stored ? n : (size_t) -1;
}


/* No header begins in the last six bytes of a block. */

static size_t
log_next(size_t at)
{
    size_t  left = LOG_BLOCK - at % LOG_BLOCK;

    return left < LOG_HEADER ? at + left : at;
}


/* Whether a whole record, or the beginning of one, stands behind the bad
 * fragment: then somebody went on writing, and what is bad had been synced. */

static int
log_begins_behind(const unsigned char *log, size_t size, size_t at)
{
    size_t  n, end, next = at - at % LOG_BLOCK + LOG_BLOCK;

    /* In its own block a fragment may begin anywhere, behind it at the
     * beginning of each block. */

    end = next < size ? next : size;

    for (at++; at + LOG_HEADER <= end; at++) {
        if (log[at + 6] != LOG_FULL && log[at + 6] != LOG_FIRST) {
            continue;
        }

        if (log_fragment(log, size, at) != (size_t) -1) {
            return 1;
        }
    }

    for (at = next; at < size; at = log_next(at + LOG_HEADER + n)) {
        n = log_fragment(log, size, at);

        if (n == (size_t) -1) {
            at = at - at % LOG_BLOCK + LOG_BLOCK - LOG_HEADER;
            n = 0;

        } else if (log[at + 6] == LOG_FULL || log[at + 6] == LOG_FIRST) {
            return 1;
        }
    }

    return 0;
}


/* Whether what stands from there on lacks a sector, or the part of one that is
 * the record's: it reads as zeros. */

static int
log_has_hole(const unsigned char *log, size_t size, size_t at)
{
    size_t                      from, to;
    static const unsigned char  zeros[LOG_SECTOR];

    for (from = at; from < size; from = to) {
        to = from - from % LOG_SECTOR + LOG_SECTOR;
        to = to < size ? to : size;

        if (memcmp(log + from, zeros, to - from) == 0
            && (to - from >= LOG_HOLE || from == at))
        {
            return 1;
        }
    }

    return 0;
}


/* Whether the file ends within the fragment there, or within its record.  One
 * that is whole with a smaller length than it claims is damaged in that. */

static int
log_ends_early(const unsigned char *log, size_t size, size_t at)
{
    size_t    end;
    uint32_t  sum, stored, wanted;

    if (at + LOG_HEADER > size || log_fragment(log, size, at) != (size_t) -1) {
        return 1;
    }

    if (at + LOG_HEADER + (log[at + 4] | (size_t) log[at + 5] << 8) <= size) {
        return 0;
    }

    memcpy(&stored, log + at, sizeof(stored));
    wanted = stored - LOG_CRC_PLUS;
    wanted = (wanted >> 17) | (wanted << 15);
    sum = 0xffffffffu;

    for (end = at + 6; end < size; end++) {
        sum = log_checksum_add(sum, log + end, 1);

        if (~sum == wanted) {
            return 0;
        }
    }

    return 1;
}


static uint32_t
log_checksum(const unsigned char *data, size_t n)
{
    return ~log_checksum_add(0xffffffffu, data, n);
}


static uint32_t
log_checksum_add(uint32_t sum, const unsigned char *data, size_t n)
{
    int              k;
    size_t           i;
    static uint32_t  table[256];

    if (table[1] == 0) {
        for (i = 0; i < 256; i++) {
            table[i] = i;

            for (k = 0; k < 8; k++) {
                table[i] = (table[i] >> 1) ^ (table[i] & 1 ? LOG_CRC : 0);
            }
        }
    }

    for (i = 0; i < n; i++) {
        sum = (sum >> 8) ^ table[(sum ^ data[i]) & 0xff];
    }

    return sum;
}
