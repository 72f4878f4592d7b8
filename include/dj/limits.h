/* What this process may use of its machine, as the system's rules have it. */
#ifndef DJ_LIMITS_H
#define DJ_LIMITS_H

#include <stdint.h>

/*
 * Bytes that this process and those it shares a control group with may use: the
 * smallest limit of its group and of those above it. 0: there is none below the
 * machine's memory.
 */
int64_t dj_limit_memory(void);

/* Cores that this process may run on: what srun or mpirun bound it to, or all. */
int dj_limit_cpus(void);

#endif
