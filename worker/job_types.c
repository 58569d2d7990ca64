/*
 * The types of jobs.
 */

#include "audience_sizes.h"
#include "classification.h"
#include "export.h"
#include "import.h"
#include "learning_job.h"
#include "mail.h"
#include "merge.h"
#include "rebuild.h"
#include "resolve.h"
#include "segmentation.h"


const job_type_t *const  job_types[] = {
    &import_job,
    &rebuild_job,
    &resolve_job,
    &merge_job,
    &segment_job,
    &learn_job,
    &classify_job,
    &export_job,
    &mail_job,
    &sizes_job,
    NULL
};
