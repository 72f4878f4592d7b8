/* Classes of characters, for callers outside this module. */
#include "dj/text.h"

#include "text/char_tables.h"

unsigned dj_char_class(uint32_t c)
{
    return c > 0x10ffff ? 0 : dj_class_bits(c);
}

bool dj_char_printable(uint32_t c)
{
    return c <= 0x10ffff && (dj_case_bits(c) & DJ_CASE_UNPRINTABLE) == 0;
}
