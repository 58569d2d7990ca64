/*
 * The types of jobs.
 */

#include "export.h"
#include "import.h"
#include "mail.h"
#include "merge.h"
#include "rebuild.h"


const job_type_t *const  job_types[] = {
    &import_job,
    &rebuild_job,
    &merge_job,
    &export_job,
    &mail_job,
    NULL
};
