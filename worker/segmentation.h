/*
 * Automatic segmentation: the base falls into groups of people, each of which
 * becomes an audience that is a fixed sample (docs/segmentation.md).
 *
 *   POST ──> job "segment" {"segmentation": "sgm_…"}
 *              │
 *              v  behaviours.h       reading fields
 *              v  latent_classes.h   finding groups: how many, and which
 *              v                     assigning: who is certain enough of each
 *              v  class_explain.h    explaining
 *              v  latent_classes.h   testing stability
 *              v  class_match.h      which earlier audience a group is
 *              v  class_names.h      naming; where an endpoint is configured,
 *              v  class_writer_llm.h by a language model
 *              v                     saving: audiences, their members, the
 *                                    record and the job's end in one batch
 *
 * The job holds the generation that it began with, and no lock until it saves:
 * imports go on meanwhile.  Running it again without changes gives the same
 * audiences.  One job at a time, or two of two tenants.
 *
 * The record, in the store under the segmentation's id:
 *
 *   {"id", "job", "state", "created_at", "created_by", "suggest_copies",
 *    "finished_at", "generation", "profiles", "fields": […], "left_out":
 *    [{"field", "reason"}], "classes", "choice": [{"classes", "bic"}],
 *    "published", "too_small", "unassigned", "outcome", "summary",
 *    "audiences": [{"id", "name", "size", "share", "change", "previous_size",
 *    "previous_share", "stability"}], "gone": [{"id", "name", "size"}],
 *    "error"}
 *
 * from "finished_at" on only once it is done.
 */

#ifndef SEGMENTATION_H
#define SEGMENTATION_H

#include "job.h"

extern const job_type_t  segment_job;

/* A record of a run that is asked for now, by user.  NULL: memory is out. */
json_t *segmentation_new(const aud_uuid_t *id, const aud_uuid_t *job,
    const char *user, int suggest_copies);

/* Arguments of the job that makes it. */
json_t *segmentation_args(const aud_uuid_t *id);
int     segmentation_id(const json_t *args, aud_uuid_t *id);

/* The record as the API shows it (a new reference): while its job runs with the
 * queue's word, stage and progress.  Loop thread. */
json_t *segmentation_show(worker_t *worker, const char *tenant,
    const json_t *record);

#endif
