/*
 * What parallel HDF5 needs: the MPI communicator itself. Only the checkpoint store
 * (src/checkpoint/store_hdf5.c) includes this.
 */
#ifndef DJ_COMM_MPI_HANDLE_H
#define DJ_COMM_MPI_HANDLE_H

#include "dj/comm.h"

/* Local. Points to the MPI_Comm, borrowed; NULL where MPI is never touched. */
const void *dj_comm_mpi_handle(const struct dj_comm *comm);

#endif
