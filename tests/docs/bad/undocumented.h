/** @file
 * A header that the documentation test must refuse.
 */
#ifndef PEERLESS_UNDOCUMENTED_H
#define PEERLESS_UNDOCUMENTED_H

int pl_undocumented(void);

#endif
