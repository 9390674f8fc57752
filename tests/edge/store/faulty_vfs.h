#ifndef FAULTY_VFS_H
#define FAULTY_VFS_H

#include <stdbool.h>

/* A layer under SQLite whose n-th changing operation (write, sync, truncate, delete, opening for writing, growing the
 * shared memory) fails. */
typedef enum faulty_kind {
    FAULTY_IO_ONCE,   /* one I/O error, then all is well */
    FAULTY_IO_EVER,   /* from then on */
    FAULTY_FULL_EVER, /* the disk is full from then on */
    FAULTY_READ_ONCE  /* the n-th read fails */
} faulty_kind;

void faulty_vfs_install(void);                            /* as the default, for the whole process */
void faulty_vfs_arm(faulty_kind kind, unsigned long nth); /* nth 0: disarm */
bool faulty_vfs_fired(void);

#endif
