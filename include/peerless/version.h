/** @file
 * The version of libpeerless that these headers belong to.
 */
#ifndef PEERLESS_VERSION_H
#define PEERLESS_VERSION_H

#define PL_VERSION_TEXT "0.1.0" /**< major.minor.patch; the build takes its own version from here */

#endif
