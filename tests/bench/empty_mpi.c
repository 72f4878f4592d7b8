/* An MPI program that does nothing: what mpirun and MPI themselves cost. */
#include "dj/comm.h"

#include <stdio.h>

int main(void)
{
    struct dj_comm *comm;
    struct dj_error err;

    if (dj_comm_open(&comm, &err) != DJ_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    dj_comm_close(comm);
    return 0;
}
