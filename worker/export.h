/*
 * Exports: an audience as a CSV file behind a signed link.
 *
 * Job "export", {"export": "exp_…", "base_url": "https://…"}: evaluates the
 * audience's filter, writes exports/<tenant>/<id>.csv from segments alone,
 * signs the link and mails it.
 */

#ifndef EXPORT_H
#define EXPORT_H

#include "aud_eval.h"
#include "job.h"

extern const job_type_t  export_job;

/* The export as the API shows it (a new reference): its state with the
 * queue's word, downloads counted by the edge.  Loop thread. */
json_t *export_show(worker_t *worker, const char *tenant,
    const aud_uuid_t *id, const json_t *record);

/* Removes the files of an export. */
void export_unlink(const worker_t *worker, const char *tenant,
    const aud_uuid_t *id);

#endif
