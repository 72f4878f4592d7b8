/*
 * Messages for the person at the terminal: standard error, one line each,
 * "dj-mpi: warning: text". What happens to the job goes through dj/event.h.
 */
#ifndef DJ_LOG_H
#define DJ_LOG_H

#include "dj/error.h"

enum dj_log_level { DJ_LOG_ERROR, DJ_LOG_WARNING, DJ_LOG_INFO, DJ_LOG_DEBUG };

void dj_log_set_level(enum dj_log_level level);
/* Ranks above 0 print errors only, with their number in front. */
void dj_log_set_rank(int rank);
void dj_log(enum dj_log_level level, const char *fmt, ...) DJ_PRINTF(2, 3);

/*
 * A line that the next one overwrites on a terminal (progress). done ends it.
 * The two take turns with dj_log, so that a message never lands in its middle.
 */
void dj_log_status(const char *line);
void dj_log_status_done(void);

#endif
