/** @file
 * The version of libpeerless that these headers belong to.
 */
#ifndef PEERLESS_VERSION_H
#define PEERLESS_VERSION_H

#define PL_VERSION_TEXT "0.1.0"

#endif
