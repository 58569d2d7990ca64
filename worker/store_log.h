/*
 * What a power cut leaves at the end of RocksDB's write-ahead log.
 *
 * A batch is one record of the log and synced before anybody is told of it, and
 * the next one is written after that.  So of a cut the last record alone can be
 * torn, in sectors that never got to the disk: there the file is too short, or
 * reads as zeros.  RocksDB's mode for logs in which nothing synced may be lost
 * forgives the first, and refuses the second as damage.  (Met on ext4, about once
 * in thirty cuts under load.)
 *
 * The log's format: github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format.
 * Any thread; the store is not open.
 */

#ifndef STORE_LOG_H
#define STORE_LOG_H

#include "aud_error.h"

/*
 * Whether nothing is wrong with the log, and the list of tables (MANIFEST-…, of
 * the same format), but a last record that a power cut has torn: 0; -1 and which
 * file is damaged.  RocksDB reads over a length that is too large as if the file
 * ended there, and so would lose what stands behind it without a word.
 */
int store_log_check(const char *path, aud_error_t *err);

/*
 * Cuts a last record off that is torn, synced when this returns 1.  0: there is
 * none, and the log is left as it is: what is wrong with it is damage, in front
 * of records that are whole or in sectors that were written.  -1 where it cannot
 * be read or cut.
 */
int store_log_cut_torn(const char *path, aud_error_t *err);

#endif
