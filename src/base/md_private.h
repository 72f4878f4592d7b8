/* What the vector code of MD5 has in common with the plain one. */
#ifndef DJ_MD_PRIVATE_H
#define DJ_MD_PRIVATE_H

#include <stdint.h>

extern const uint32_t dj_md5_add[64]; /* of each step */

#endif
